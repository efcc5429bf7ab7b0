// Streams that must pass the proxy without buffering: an upgraded connection, as with websockets, and events that a
// server sends over time.
import Foundation
import OffstageComponents
import Testing

@Suite("streams through the proxy", .timeLimit(.minutes(1)))
struct StreamTests {
    private static let server = """
        import os, socketserver, time
        class Talk(socketserver.BaseRequestHandler):
            def handle(self):
                head = b''
                while b'\\r\\n\\r\\n' not in head: head += self.request.recv(4096)
                if b'upgrade: echo' in head.lower():
                    self.request.sendall(b'HTTP/1.1 101 Go\\r\\nUpgrade: echo\\r\\nConnection: Upgrade\\r\\n\\r\\n')
                    while True:
                        data = self.request.recv(4096)
                        if not data: return
                        self.request.sendall(data.upper())
                self.request.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Type: text/event-stream\\r\\n')
                self.request.sendall(b'Connection: close\\r\\n\\r\\n')
                for number in range(3):
                    self.request.sendall(b'data: %d\\n\\n' % number); time.sleep(1)
        class Server(socketserver.ThreadingTCPServer): daemon_threads = True
        Server(('127.0.0.1', int(os.environ['PORT'])), Talk).serve_forever()
        """

    private static let client = """
        import socket, sys, time
        def talk(head):
            s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 10)
            s.sendall(head + b'Host: x\\r\\n\\r\\n'); return s
        def until(s, word):
            data = b''
            while word not in data:
                more = s.recv(4096)
                if not more: break
                data += more
            return data
        s = talk(b'GET / HTTP/1.1\\r\\nUpgrade: echo\\r\\nConnection: Upgrade\\r\\n')
        until(s, b'\\r\\n\\r\\n')
        s.sendall(b'hello'); print(until(s, b'HELLO').decode()[-5:])
        time.sleep(2); s.sendall(b'again'); print(until(s, b'AGAIN').decode()[-5:])
        s = talk(b'GET /events HTTP/1.1\\r\\n')
        until(s, b'data: 0'); first = time.time()
        until(s, b'data: 2'); print('early' if time.time() - first > 1 else 'late')
        """

    @Test("an upgraded connection works both ways, and events arrive while more are to come")
    func streams() async throws {
        let app = try RunningApp(
            "web.main: { start: exec python3 web.py }", files: ["web.py": Self.server, "client.py": Self.client])
        try await app.upAndReady()
        let answer = try await app.offstage("run", "--", "python3", "client.py", "\(app.port)")
        #expect(answer.output == "HELLO\nAGAIN\nearly\n")
        #expect(try await app.stop() == 0)
    }
}
