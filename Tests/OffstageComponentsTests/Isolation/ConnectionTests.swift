// No process can connect to a worker, whatever program it runs, and the worker can connect to any address.
import Foundation
import OffstageComponents
import OffstageSystem
import Testing

@Suite("A confined worker's connections", .timeLimit(.minutes(2)))
struct ConnectionTests {
    /// Descriptor 3 is a socket that another process made to listen.
    private static let accepting = """
        inherited = socket.socket(fileno=3)
        attempt("accept", lambda: call(43 if os.uname().machine == "x86_64" else 202, 3, 0, 0))
        attempt("accept4", lambda: inherited.accept())
        """

    @Test("do not come in: listen, accept and io_uring are refused, in children too")
    func refusesToListen() async throws {
        guard Kernel.hasFilters() else { return }
        let app = try ConfinedApp()
        let listener = try Listener()
        let code =
            attempts + """
                def listen(family, address):
                    with socket.socket(family) as made:
                        if address is not None: made.bind(address)
                        made.listen()
                attempt("tcp", lambda: listen(socket.AF_INET, None))
                attempt("tcp6", lambda: listen(socket.AF_INET6, None))
                attempt("unix", lambda: listen(socket.AF_UNIX, os.environ["TMPDIR"] + "/socket%d" % os.getpid()))
                attempt("uring_setup", lambda: call(425, 8, 0))
                attempt("uring_enter", lambda: call(426, 0, 0, 0, 0, 0))
                attempt("uring_register", lambda: call(427, 0, 0, 0, 0))
                \(Self.accepting)
                if len(sys.argv) == 1:
                    import subprocess
                    code = open("/proc/self/cmdline").read().split(chr(0))[2]
                    subprocess.run([sys.executable, "-c", code, "child"], pass_fds=[3])
                """
        let told = try await app.python(code, kept: [listener.descriptor])
        let once = [
            "tcp EPERM", "tcp6 EPERM", "unix EPERM", "uring_setup EPERM", "uring_enter EPERM", "uring_register EPERM",
            "accept EPERM", "accept4 EPERM",
        ]
        #expect(told.lines == once + once, "\(told)")
        #expect(told.end.status == .exited(0))
    }

    @Test("would come in without the confinement: the same program with the same user")
    func listensUnconfined() async throws {
        let app = try ConfinedApp()
        let code =
            attempts + """
                made = socket.socket()
                made.bind(("127.0.0.1", 0))
                attempt("listen", lambda: made.listen())
                """
        let told = try await app.python(code, confinement: app.unconfined())
        #expect(told.lines == ["listen ok"], "\(told)")
    }

    @Test("have no TCP port: binding one is refused, binding UDP is not")
    func bind() async throws {
        guard Kernel.has(landlock: 4) else { return }
        let app = try ConfinedApp()
        let code =
            attempts + """
                def bind(family, kind, address):
                    with socket.socket(family, kind) as made: made.bind(address)
                attempt("tcp", lambda: bind(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)))
                attempt("tcp6", lambda: bind(socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0)))
                attempt("udp", lambda: bind(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)))
                """
        let told = try await app.python(code)
        #expect(told.lines == ["tcp EACCES", "tcp6 EACCES", "udp ok"], "\(told)")
        var web = try app.confinement()
        web.mayListen = true
        let free = try await app.python(code, confinement: web)
        #expect(free.lines.first == "tcp ok", "\(free)")
    }

    @Test("go out: TCP and UNIX sockets to a server, and a socket pair")
    func connects() async throws {
        let app = try ConfinedApp()
        let listener = try Listener()
        let code =
            attempts + """
                attempt("connect", lambda: socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5))
                attempt("localhost", lambda: socket.getaddrinfo("localhost", 80))
                attempt("pair", lambda: socket.socketpair())
                """
        let told = try await app.python(code, ["\(listener.port)"])
        #expect(told.lines == ["connect ok", "localhost ok", "pair ok"], "\(told)")
    }

    @Test("are of the ordinary families only")
    func families() async throws {
        guard Kernel.hasFilters() else { return }
        let app = try ConfinedApp()
        let code =
            attempts + """
                for family in (1, 2, 10, 16):
                    attempt(str(family), lambda: socket.socket(family, socket.SOCK_DGRAM))
                for family in (17, 38, 40, 43):
                    attempt(str(family), lambda: socket.socket(family, socket.SOCK_STREAM))
                """
        let told = try await app.python(code)
        let refused = ["17", "38", "40", "43"].map { "\($0) EAFNOSUPPORT" }
        #expect(told.lines == ["1 ok", "2 ok", "10 ok", "16 ok"] + refused, "\(told)")
    }
}

/// A socket of the test that listens on the loopback interface.
final class Listener: Sendable {
    let descriptor: Int32
    let port: UInt16

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                bind(socket, raw, size) == 0 && listen(socket, 8) == 0 && getsockname(socket, raw, &size) == 0
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        try #require(isBound)
    }

    deinit {
        close(descriptor)
    }
}
