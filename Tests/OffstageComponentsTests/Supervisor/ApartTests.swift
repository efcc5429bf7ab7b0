// A worker in Python, started by `offstage up` from an ordinary boxfile. It tries what a worker must not do, and does
// what it must be able to do. The tests in Isolation/ cover what each refusal rests on, one by one.
import Foundation
import OffstageComponents
import OffstageCore
import Testing

@Suite("web and worker separated", .serialized, .timeLimit(.minutes(2)))
struct ApartTests {
    private static let boxfile = """
        web.main:
          start: python3 web.py
          network_dirs: { data.storage: [uploads] }
        worker.main:
          start: python3 worker.py
          network_dirs: { data.storage: [uploads] }
        data.queue: { image: redis }
        data.storage: { image: unfs }
        """

    private static let web = """
        import http.server, os
        open(os.environ['HOME'] + '/secret', 'w').write('the web has this for itself')
        open('uploads/from-web', 'w').write('hello')
        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = open('uploads/from-worker').read().encode()
                self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers()
                self.wfile.write(body)
            def log_message(self, *rest): pass
        http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['PORT'])), Page).serve_forever()
        """

    // `tries` is in the same folder: an import finds it by listing the app's folder.
    private static let worker = """
        import os, subprocess, sys
        from tries import attempt, call, socket
        state = os.path.realpath('.offstage')
        private = os.path.dirname(os.environ['HOME'])
        def listen(family, address):
            with socket.socket(family) as made:
                if address: made.bind(address)
                made.listen()
        def bind():
            with socket.socket() as made: made.bind(('127.0.0.1', 0))
        def write(path): open(path, 'w').write('x')
        def read(path): return open(path).read()
        def ask_redis():
            with socket.create_connection((os.environ['DATA_QUEUE_HOST'], int(os.environ['DATA_QUEUE_PORT']))) as made:
                made.sendall(b'PING\\r\\n')
                assert made.recv(7) == b'+PONG\\r\\n'
        who = 'child' if len(sys.argv) > 1 else 'worker'
        attempt(who + ' listen-tcp', lambda: listen(socket.AF_INET, None))
        attempt(who + ' listen-unix', lambda: listen(socket.AF_UNIX, '\\0offstage-' + who))
        attempt(who + ' bind-tcp', bind)
        attempt(who + ' write-app', lambda: write('worker.py'))
        attempt(who + ' write-new', lambda: write('new'))
        attempt(who + ' write-tmp', lambda: write('/tmp/offstage-apart'))
        attempt(who + ' write-web', lambda: write(private + '/web.main/new'))
        attempt(who + ' read-web', lambda: read(private + '/web.main/secret'))
        attempt(who + ' list-web', lambda: os.listdir(private + '/web.main'))
        attempt(who + ' read-redis', lambda: os.listdir(state + '/data/data.queue'))
        attempt(who + ' read-control', lambda: os.listdir(state + '/run'))
        attempt(who + ' list-app', lambda: os.listdir('.'))
        attempt(who + ' write-home', lambda: write(os.environ['HOME'] + '/own'))
        attempt(who + ' write-temporary', lambda: write(os.environ['TMPDIR'] + '/own'))
        attempt(who + ' read-shared', lambda: read('uploads/from-web'))
        attempt(who + ' write-shared', lambda: write('uploads/from-worker'))
        attempt(who + ' ask-redis', ask_redis)
        if who == 'worker':
            print('worker has port', 'PORT' in os.environ)
            subprocess.run([sys.executable, 'worker.py', 'child'])
            print('all tried', flush=True)
            import signal; signal.pause()
        """

    @Test("a worker under up cannot listen or read others' files, and does its work")
    func apart() async throws {
        let app = try RunningApp(
            Self.boxfile, files: ["web.py": Self.web, "worker.py": Self.worker, "tries.py": attempts])
        try await app.upAndReady()
        try await app.expect("the end of the tries") { app.says("all tried") }
        var wanted: [String: String] = [
            "list-app": "ok", "write-home": "ok", "write-temporary": "ok", "read-shared": "ok", "write-shared": "ok",
            "ask-redis": "ok",
        ]
        if Kernel.hasFilters() { wanted.merge(["listen-tcp": "EPERM", "listen-unix": "EPERM"]) { $1 } }
        if Kernel.has(landlock: 4) { wanted["bind-tcp"] = "EACCES" }
        if Kernel.has(landlock: 1) {
            let refused = [
                "write-app", "write-new", "write-tmp", "write-web", "read-web", "list-web", "read-redis",
                "read-control",
            ]
            for name in refused { wanted[name] = "EACCES" }
        }
        let told = app.lines.compactMap { $0.components(separatedBy: "| ").last }
        for who in ["worker", "child"] {
            for (name, answer) in wanted {
                let line = "\(who) \(name) "
                #expect(told.first { $0.hasPrefix(line) } == line + answer)
            }
        }
        #expect(app.says("worker has port False"))
        #expect(await app.get("/")?.body.hasPrefix("x") == true)
        #expect(try await app.stop() == 0)
        #expect(app.strays() == [])
    }
}
