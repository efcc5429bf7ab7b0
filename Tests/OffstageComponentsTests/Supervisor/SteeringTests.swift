// A worker shares its user with the supervisor, and Landlock does not stop it from connecting to sockets. So the worker
// in this test tries to steer the app from inside, over the control socket and over HAProxy's, which it searches for
// everywhere.
import Foundation
import Testing

@Suite("steering from inside a worker", .serialized, .timeLimit(.minutes(2)))
struct SteeringTests {
    private static let boxfile = """
        web.main: { start: exec python3 web.py }
        worker.main: { start: exec python3 worker.py }
        """

    private static let worker = """
        import glob, json, struct
        from tries import *
        run = os.path.realpath('.offstage') + '/run'
        folder = os.open(run, os.O_PATH)
        def connect(name):
            made = socket.socket(socket.AF_UNIX)
            made.settimeout(10)
            made.connect('/proc/self/fd/%d/%s' % (folder, name))
            return made
        def tell(request):
            with connect('control') as made:
                made.sendall(json.dumps(request).encode() + b'\\n')
                return json.loads(made.recv(4096))
        def text(path):
            try: return open(path, 'rb').read().decode(errors='replace')
            except OSError: return ''
        attempt('list', lambda: os.listdir(run))
        attempt('token', lambda: open(run + '/control.token').read())
        for what in ['ps', 'environment', 'down']:
            print('asked', what, tell({'do': what})['ok'], tell({'do': what, 'token': 'x' * 52})['ok'])
        attempt('proxy.sock', lambda: connect('proxy.sock'))
        proxies = [path[:-4] for path in glob.glob('/proc/[0-9]*/comm') if text(path) == 'haproxy\\n']
        print('proxies', len(proxies) > 0)
        for proxy in proxies:
            attempt('folder', lambda: os.readlink(proxy + 'cwd'))
        told = [text(path) for path in glob.glob('/proc/[0-9]*/cmdline') + ['/proc/net/unix']]
        print('named', any('run/proxy-' in one for one in told))
        # Whoever watches a folder is told what is opened in it, whether or not he may list it.
        watch = libc.inotify_init()
        print('watch', libc.inotify_add_watch(watch, run.encode(), 0xfff) >= 0)
        print('all tried', flush=True)
        while True:
            events = os.read(watch, 65536)
            while events:
                length = struct.unpack('iIII', events[:16])[3]
                print('saw', events[16:16 + length].rstrip(b'\\0').decode(), flush=True)
                events = events[16 + length:]
        """

    @Test("neither the control socket nor the proxy's obeys, whatever the worker finds out")
    func refused() async throws {
        guard Kernel.has(landlock: 1) else { return }
        let app = try RunningApp(
            Self.boxfile, files: ["web.py": Parts.web, "worker.py": Self.worker, "tries.py": attempts])
        try await app.upAndReady()
        try await app.expect("the end of the tries") { app.says("all tried") }
        let told = app.lines.compactMap { $0.components(separatedBy: "| ").last }
        for line in [
            "list EACCES", "token EACCES", "asked ps False False", "asked environment False False",
            "asked down False False", "proxy.sock ENOENT", "proxies True", "folder EACCES", "named False",
        ] {
            #expect(told.contains(line), "no '\(line)' in \(told)")
        }
        #expect(!told.contains("folder ok"))
        let watches = told.contains("watch True")
        // The supervisor still steers the proxy while the worker watches for files, and the user still reaches the app.
        let before = await app.get("/")?.body
        #expect(try await app.offstage("restart", "web.main").status == 0)
        #expect(try await app.pids("web.main").count == 1)
        #expect(await app.get("/")?.body != before)
        if watches { try await app.expect("the watch") { app.says("| saw control.token") } }
        #expect(!app.says("| saw proxy"))
        #expect(try await app.stop() == 0)
        #expect(app.strays() == [])
    }
}
