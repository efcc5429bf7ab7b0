// What a worker's processes inherit, gain, and can do to others; how starts fail; and how processes end.
import Foundation
import OffstageComponents
import OffstageSystem
import Testing

@Suite("A confined worker's processes", .timeLimit(.minutes(2)))
struct ProcessTests {
    @Test("inherit no descriptors but the standard three and those given to them")
    func descriptors() async throws {
        let app = try ConfinedApp()
        let code = """
            import os
            listed = sorted(map(int, os.listdir("/proc/self/fd")))
            print([number for number in listed if os.path.exists("/proc/self/fd/%d" % number)])
            """
        let loose = try (0..<20).map { _ in try #require(Optional(dup(2))) }
        defer { for descriptor in loose { close(descriptor) } }
        let none = try await app.python(code)
        #expect(none.lines == ["[0, 1, 2]"], "\(none)")
        var pipes: [Int32] = [0, 0]
        #expect(pipe(&pipes) == 0)
        let given = try await app.python(
            "import os; os.write(6, b'through'); os.fstat(3)", kept: [loose[0], loose[1], loose[2], pipes[1]])
        close(pipes[1])
        #expect(given.end.status == .exited(0), "\(given)")
        #expect(await collect(pipes[0]) == "through")
    }

    @Test("gain nothing from programs with the set-user-id bit")
    func privileges() async throws {
        let app = try ConfinedApp()
        let code = """
            import os, subprocess
            print([line.split()[1] for line in open("/proc/self/status") if line.startswith("NoNewPrivs")][0])
            print(subprocess.run([os.environ["TMPDIR"] + "/id", "-u"], capture_output=True, text=True).stdout.strip())
            """
        // A setuid program of root, if the test can make one. Otherwise the flag in the process' status has to suffice.
        let path = app.folders.temporaryFolder + "/id"
        try FileManager.default.copyItem(atPath: "/usr/bin/id", toPath: path)
        #expect(chmod(path, 0o4755) == 0)
        let told = try await app.python(code)
        let user = geteuid() == 0 ? ConfinedApp.stranger : geteuid()
        if geteuid() == 0 {
            let arguments = ["--reuid=\(user)", "--regid=\(user)", "--clear-groups", path, "-u"]
            let gained = try await app.run(ComponentLaunch(program: "/usr/bin/setpriv", arguments: arguments))
            #expect(gained.lines == ["0"], "without a confinement the bit makes a user root: \(gained)")
        }
        #expect(told.lines == ["1", "\(user)"], "\(told)")
    }

    @Test("die when they call the kernel with a foreign system call ABI", arguments: ["32-bit", "x32"])
    func foreignCalls(kind: String) async throws {
        guard Kernel.hasFilters() else { return }
        #if arch(x86_64)
            let app = try ConfinedApp()
            // Calls getpid with each ABI. Without a confinement the first returns and the second is unknown.
            let code =
                attempts + """
                    import mmap
                    if sys.argv[1] == "x32":
                        libc.syscall(ctypes.c_long(0x40000000 + 39))
                    else:
                        memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
                        memory.write(bytes([0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xc3]))
                        address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
                        ctypes.CFUNCTYPE(ctypes.c_int)(address)()
                    print("survived")
                    """
            let told = try await app.python(code, [kind])
            #expect(told.end.status == .signalled(SIGSYS), "\(told)")
            #expect(told.lines.isEmpty)
        #endif
    }

    @Test("cannot administer the machine, make namespaces, or reach into others")
    func administration() async throws {
        guard Kernel.hasFilters() else { return }
        let app = try ConfinedApp()
        let code =
            attempts + """
                import resource, fcntl, termios
                attempt("userns", lambda: call({"x86_64": 272}.get(os.uname().machine, 97), 0x10000000))
                attempt("clone", lambda: call({"x86_64": 56}.get(os.uname().machine, 220), 0x10000000 | 17, 0, 0, 0, 0))
                attempt("clone3", lambda: call(435, 0, 0))
                attempt("bpf", lambda: call({"x86_64": 321}.get(os.uname().machine, 280), 0, 0, 0))
                attempt("getfd", lambda: call(438, 0, 0, 0))
                attempt("ptrace", lambda: call({"x86_64": 101}.get(os.uname().machine, 117), 16, os.getppid(), 0, 0))
                attempt("limits", lambda: resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1)))
                attempt("own limits", lambda: resource.getrlimit(resource.RLIMIT_CPU))
                attempt("sti", lambda: fcntl.ioctl(0, 0x5412, b"x"))
                attempt("shm", lambda: call({"x86_64": 29}.get(os.uname().machine, 194), 0, 4096, 0o1600))
                import threading
                thread = threading.Thread(target=lambda: print("thread ok"))
                thread.start()
                thread.join()
                """
        let told = try await app.python(code)
        let expected = [
            "userns EPERM", "clone EPERM", "clone3 ENOSYS", "bpf EPERM", "getfd EPERM", "ptrace EPERM", "limits EPERM",
            "own limits ok", "sti EPERM", "shm EPERM", "thread ok",
        ]
        #expect(told.lines == expected, "\(told)")
    }

    @Test("cannot signal processes outside or read their memory")
    func signals() async throws {
        guard Kernel.has(landlock: 6) else { return }
        let app = try ConfinedApp()
        var launch = ComponentLaunch(command: "echo up; exec sleep 60", environment: ["PATH": "/usr/bin:/bin"])
        launch.confinement = app.unconfined()
        let other = try await ComponentProcess.start(launch)
        let code =
            attempts + """
                victim = int(sys.argv[1])
                attempt("kill", lambda: os.kill(victim, 9))
                memory = ctypes.create_string_buffer(8)
                class Vector(ctypes.Structure): _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
                here = Vector(ctypes.addressof(memory), 8)
                def peek(process):
                    if libc.process_vm_readv(process, ctypes.byref(here), 1, ctypes.byref(here), 1, 0) < 0:
                        raise OSError(ctypes.get_errno(), "")
                attempt("peek", lambda: peek(victim))
                attempt("peek self", lambda: peek(os.getpid()))
                import subprocess
                child = subprocess.Popen(["sleep", "60"])
                attempt("kill child", lambda: child.kill())
                """
        let told = try await app.python(code, ["\(other.pid)"])
        #expect(told.lines == ["kill EPERM", "peek EPERM", "peek self ok", "kill child ok"], "\(told)")
        #expect(other.end == nil)
        other.stop()
        #expect(try await other.wait() == ComponentEnd(status: .signalled(SIGTERM), wasStopped: true))
        _ = await (collect(other.output), collect(other.errors))
    }

    @Test("get no more memory and descriptors than their limits")
    func limits() async throws {
        let app = try ConfinedApp()
        var confinement = try app.confinement()
        confinement.memoryBytes = 256 << 20
        confinement.openFiles = 40
        let code =
            attempts
                + """
                import resource
                kept = bytearray(32 << 20)
                print("small ok")
                try: kept = bytearray(512 << 20); print("large ok")
                except MemoryError: print("large MemoryError")
                def many():
                    for _ in range(100): held.append(open("/dev/null"))
                held = []
                attempt("files", many)
                held.clear()
                try: resource.setrlimit(resource.RLIMIT_DATA, (1 << 40, 1 << 40)); print("raise ok")
                except (ValueError, OSError): print("raise refused")
                print("core", resource.getrlimit(resource.RLIMIT_CORE))
                """
        let told = try await app.python(code, confinement: confinement)
        #expect(
            told.lines == [
                "small ok", "large MemoryError", "files EMFILE", "raise refused", "core (0, 0)",
            ], "\(told)")
    }

    @Test("leave nothing behind, not even a process that started its own session")
    func daemons() async throws {
        let app = try ConfinedApp()
        let code = """
            import os, sys, time
            read, write = os.pipe()
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    os.write(write, b"%d" % os.getpid())
                    for fd in range(3): os.close(fd)
                    time.sleep(60)
                os._exit(0)
            print(os.read(read, 20).decode())
            """
        let told = try await app.python(code)
        let daemon = try #require(told.lines.first.flatMap { Int32($0) })
        #expect(told.end.status == .exited(0))
        #expect(kill(daemon, 0) == -1 && errno == ESRCH)
    }

    @Test("do not outlive a killed supervisor, and neither does a process that started its own session")
    func killedSupervisor() async throws {
        let app = try ConfinedApp()
        let pids = app.folders.privateFolder + "/pids"
        var words = [app.root, app.folders.app, app.folders.state, pids]
        words += app.folders.network
        await #expect(processExitsWith: .signal(SIGKILL)) { [words = words as [String]] in
            let folders = ComponentFolders(
                app: words[1], state: words[2], component: "worker.main", network: [words[4]])
            let code = """
                import os, sys, time
                made = os.fork()
                if made == 0: os.setsid()
                with open(sys.argv[1], "a") as file: print(os.getpid(), file=file)
                time.sleep(60)
                """
            let launch = ComponentLaunch(
                program: ConfinedApp.python, arguments: ["-c", code, words[3]],
                confinement: try Confinement.worker(folders))
            _ = try await ComponentProcess.start(launch)
            for _ in 0..<400 where ConfinedApp.numbers(words[3]).count < 2 {
                try await Task.sleep(for: .milliseconds(25))
            }
            kill(getpid(), SIGKILL)
        }
        let started = ConfinedApp.numbers(pids)
        try #require(started.count == 2)
        for _ in 0..<400 where started.contains(where: { kill($0, 0) == 0 }) {
            try await Task.sleep(for: .milliseconds(25))
        }
        for process in started { #expect(kill(process, 0) == -1 && errno == ESRCH) }
    }

    @Test("are asked to stop, signalled and killed by the supervisor")
    func ends() async throws {
        let app = try ConfinedApp()
        var launch = ComponentLaunch(
            program: ConfinedApp.python,
            arguments: [
                "-uc",
                """
                import signal
                signal.signal(signal.SIGTERM, lambda *_: print("asked"))
                signal.signal(signal.SIGUSR1, lambda *_: print("told"))
                print("up")
                while True: signal.pause()
                """,
            ])
        launch.confinement = try app.confinement()
        let process = try await ComponentProcess.start(launch)
        var lines = LineReader(try #require(process.output))
        #expect(await lines.next() == "up")
        process.signal(SIGUSR1)
        #expect(await lines.next() == "told")
        process.stop()
        #expect(await lines.next() == "asked")
        #expect(process.end == nil)
        let waiting = Task { try await process.wait() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        process.kill()
        #expect(try await process.wait() == ComponentEnd(status: .signalled(SIGKILL), wasStopped: true))
        _ = await (collect(process.output), collect(process.errors))
    }

    @Test("do not start without their program or folder, and report why")
    func failures() async throws {
        let app = try ConfinedApp()
        let confinement = try app.confinement()
        let missing = ComponentLaunch(program: "/no/such/program", confinement: confinement)
        let first = await #expect(throws: ConfinementError.self) { try await ComponentProcess.start(missing) }
        #expect(first?.description.hasSuffix("No such file or directory") == true, "\(first as Any)")
        let folder = ComponentLaunch(command: "true", folder: "/no/such/folder", confinement: confinement)
        let second = await #expect(throws: ConfinementError.self) { try await ComponentProcess.start(folder) }
        #expect(second?.description.contains("in the folder") == true, "\(second as Any)")
        if Kernel.has(landlock: 1) {
            try FileManager.default.copyItem(atPath: "/bin/true", toPath: app.web.privateFolder + "/true")
            let other = ComponentLaunch(program: app.web.privateFolder + "/true", confinement: confinement)
            let third = await #expect(throws: ConfinementError.self) { try await ComponentProcess.start(other) }
            #expect(third?.description.hasSuffix("Permission denied") == true, "\(third as Any)")
        }
        var nowhere = confinement
        nowhere.writable.append("/no/such/place")
        let fourth = await #expect(throws: ConfinementError.self) {
            try await ComponentProcess.start(ComponentLaunch(command: "true", confinement: nowhere))
        }
        #expect(fourth?.description.contains("/no/such/place") == true, "\(fourth as Any)")
    }
}

/// Reads a pipe line by line.
struct LineReader {
    private let descriptor: Int32
    private var bytes: [UInt8] = []

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// The next line; nil at the end of the pipe.
    mutating func next() async -> String? {
        while true {
            if let end = bytes.firstIndex(of: 10) {
                defer { bytes.removeFirst(end + 1) }
                return String(decoding: bytes[..<end], as: UTF8.self)
            }
            let descriptor = descriptor
            let more: [UInt8] = await withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                    _ = poll(&watched, 1, 20_000)
                    var buffer = [UInt8](repeating: 0, count: 4096)
                    let count = read(descriptor, &buffer, buffer.count)
                    continuation.resume(returning: count > 0 ? Array(buffer[..<count]) : [])
                }
            }
            if more.isEmpty { return nil }
            bytes += more
        }
    }
}
