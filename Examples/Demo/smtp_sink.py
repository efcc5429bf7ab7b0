"""An SMTP server for the demo: it takes every mail and writes it as a file into a folder.

Usage: smtp_sink.py FOLDER [PORT [MILLISECONDS]]. Listens on 127.0.0.1, at a free port unless it is given one, and prints
the port as its only line. Ends on SIGTERM; if it chose the port itself also when its standard input closes: then whoever
started it is gone. It takes so many milliseconds for each mail, none unless it is told.
"""

import asyncio
import os
import signal
import sys
import threading

from aiosmtpd.smtp import SMTP


class Sink:
    """Writes each mail under another name first, so that a file that can be seen is whole."""

    def __init__(self, folder, seconds):
        self.folder = folder
        self.seconds = seconds
        self.received = 0

    async def handle_DATA(self, server, session, envelope):
        await asyncio.sleep(self.seconds)
        self.received += 1
        recipient = envelope.rcpt_tos[0].replace("/", "_")
        path = os.path.join(self.folder, f"{self.received:06d}-{recipient}.eml")
        with open(path + ".part", "wb") as file:
            file.write(envelope.original_content or envelope.content)
        os.rename(path + ".part", path)
        return "250 2.0.0 received"


async def serve(folder, port, seconds):
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)

    def wait_for_end_of_input():
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(stopped.set)

    if port == 0:
        threading.Thread(target=wait_for_end_of_input, daemon=True).start()
    sink = Sink(folder, seconds)
    server = await loop.create_server(lambda: SMTP(sink, hostname="localhost", loop=loop), "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await stopped.wait()
    server.close()


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 4 or not os.path.isdir(sys.argv[1]):
        sys.exit("usage: smtp_sink.py FOLDER [PORT [MILLISECONDS]]")
    port, milliseconds = ([int(word) for word in sys.argv[2:]] + [0, 0])[:2]
    asyncio.run(serve(sys.argv[1], port, milliseconds / 1000))
    # A thread may still hold standard input; the interpreter must not wait for it.
    os._exit(0)
