// The components that the tests run: a web server and a worker in Python, which report what they were given and when
// they stop.

/// Programs of components, as source text.
enum Parts {
    static let web = """
        import http.server, os, signal, sys, threading
        print('web has', sorted(k for k in os.environ if k.startswith(('DATA_', 'PORT'))), flush=True)
        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = ('pid %d path %s' % (os.getpid(), self.path)).encode()
                self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers()
                self.wfile.write(body)
            def log_message(self, *rest): pass
        server = http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['PORT'])), Page)
        def stop(*rest):
            print('web stops', flush=True)
            threading.Thread(target=server.shutdown).start()
        signal.signal(signal.SIGTERM, stop)
        server.serve_forever()
        """

    static let worker = """
        import os, signal, sys, time
        print('worker has', sorted(k for k in os.environ if k.startswith(('DATA_', 'PORT'))), flush=True)
        def stop(*rest):
            print('worker stops', flush=True); time.sleep(0.3); sys.exit(0)
        signal.signal(signal.SIGTERM, stop)
        while True: time.sleep(0.1)
        """

    static let boxfile = """
        worker.main:
          start: exec python3 worker.py
        web.main:
          start: exec python3 web.py
        data.queue:
          image: nanobox/redis:3.0
        """

    static let files = ["web.py": web, "worker.py": worker]
}
