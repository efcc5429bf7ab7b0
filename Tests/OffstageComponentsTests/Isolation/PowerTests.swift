// What a worker is denied although its user has it: root's privileges, and System V's semaphores and queues by number.
// Also what a web component keeps that only has limits.
import Foundation
import OffstageSystem
import Testing

@testable import OffstageComponents

@Suite("Powers of a user", .timeLimit(.minutes(2)))
struct PowerTests {
    private static let capabilities = """
        for line in open("/proc/self/status"):
            if line.startswith(("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")):
                print(line[3:6].lower(), int(line.split()[1], 16) & ~2)

        """

    @Test(
        "a worker of root has root's name but not its powers, and reads the app whoever owns it",
        .enabled(if: geteuid() == 0, "only root has them"))
    func root() async throws {
        guard Kernel.has(landlock: 1) else { return }
        let app = try ConfinedApp()
        var confinement = try app.confinement()
        confinement.user = nil
        #expect(chmod("\(app.folders.app)/lib/part.py", 0o600) == 0)
        let other = try await ComponentProcess.start(
            ComponentLaunch(command: "exec sleep 60", environment: ["SECRET": "1"]))
        let code =
            attempts + Self.capabilities + """
                attempt("environment", lambda: open("/proc/%s/environ" % sys.argv[1]).read())
                attempt("app", lambda: open("lib/part.py").read())
                open(os.environ["HOME"] + "/own", "w").close()
                attempt("own", lambda: os.chown(os.environ["HOME"] + "/own", 1, 1))
                attempt("user", lambda: os.setuid(1))
                import subprocess
                subprocess.run([sys.executable, "-c", "for line in open('/proc/self/status'):\\n"
                    " if line.startswith('CapEff'): print('child', int(line.split()[1], 16) & ~2)"])
                """
        let told = try await app.python(code, ["\(other.pid)"], confinement: confinement)
        #expect(
            told.lines == [
                "inh 0", "prm 0", "eff 0", "bnd 0", "amb 0", "environment EACCES", "app ok", "own EPERM", "user EPERM",
                "child 0",
            ], "\(told)")
        other.kill()
        _ = try await other.wait()
        _ = await (collect(other.output), collect(other.errors))
    }

    @Test("a worker cannot reach its user's semaphores, queues and memory by number")
    func numbers() async throws {
        guard Kernel.hasFilters() else { return }
        let app = try ConfinedApp()
        let calls =
            attempts + """
                others = dict(shmget=194, shmctl=195, shmat=196, semget=190, semctl=191, semop=193, semtimedop=192,
                    msgget=186, msgctl=187, msgrcv=188, msgsnd=189, mq_unlink=181)
                intel = dict(shmget=29, shmctl=31, shmat=30, semget=64, semctl=66, semop=65, semtimedop=220,
                    msgget=68, msgctl=71, msgrcv=70, msgsnd=69, mq_unlink=241)
                numbers = intel if os.uname().machine == "x86_64" else others
                # An address may look like an error where half of it is cut off.
                libc.syscall.restype = ctypes.c_long
                def ask(name, *words): return lambda: call(numbers[name], *words)

                """
        let make =
            calls + """
                made = [libc.syscall(numbers[name], *words) for name, words in
                    [("msgget", (0, 0o1600)), ("semget", (0, 1, 0o1600)), ("shmget", (0, 4096, 0o1600))]]
                print(*made)
                """
        let use =
            calls + """
                queue, semaphores, memory = map(int, sys.argv[1:])
                message = ctypes.create_string_buffer(64)
                message[0] = b"\\x01"
                up = ctypes.create_string_buffer(b"\\0\\0\\x01\\0\\0\\0", 6)
                place, operation = ctypes.addressof(message), ctypes.addressof(up)
                attempt("msgsnd", ask("msgsnd", queue, place, 8, 0o4000))
                attempt("msgrcv", ask("msgrcv", queue, place, 8, 0, 0o4000))
                attempt("semop", ask("semop", semaphores, operation, 1))
                attempt("semtimedop", ask("semtimedop", semaphores, operation, 1, 0))
                attempt("shmat", ask("shmat", memory, 0, 0))
                attempt("msgctl", ask("msgctl", queue, 0, 0))
                attempt("semctl", ask("semctl", semaphores, 0, 0, 0))
                attempt("shmctl", ask("shmctl", memory, 0, 0))
                """
        let made = try await app.python(make, confinement: app.unconfined())
        let words = try #require(made.lines.first).split(separator: " ").map(String.init)
        try #require(words.count == 3 && !words.contains("-1"), "\(made)")
        let names = ["msgsnd", "msgrcv", "semop", "semtimedop", "shmat", "msgctl", "semctl", "shmctl"]
        let refused = try await app.python(use, words)
        #expect(refused.lines == names.map { "\($0) EPERM" }, "\(refused)")
        let unlink = try await app.python(
            calls + "attempt('mq', ask('mq_unlink', ctypes.addressof(ctypes.create_string_buffer(b'none'))))")
        #expect(unlink.lines == ["mq EPERM"], "\(unlink)")
        // Without the filter the same program does all of it, and removes what it made.
        let done = try await app.python(use, words, confinement: app.unconfined())
        #expect(done.lines == names.map { "\($0) ok" }, "\(done)")
    }

    @Test("a web component with limits is limited, not confined", arguments: ["cpu_share: 100", "memory: 300M"])
    func limited(limits: String) async throws {
        let app = try ConfinedApp()
        let boxfile = try Boxfile.parse("web.main: { start: x, limits: { \(limits), open_files: 40 } }")
        let plans = ComponentPlans(
            boxfile: boxfile, folders: try AppFolders(app: app.folders.app), options: SupervisorOptions(),
            support: Kernel.support, dataEnvironment: [:], groups: nil)
        let confinement = try #require(try plans.confinement(boxfile.webs[0]))
        let code =
            Self.capabilities.replacing("~2", with: "-1") + """
                import resource
                for line in open("/proc/self/status"):
                    if line.startswith(("NoNewPrivs", "Seccomp:", "Umask")): print(line.strip())
                print(resource.getrlimit(resource.RLIMIT_CORE)[1], resource.getrlimit(resource.RLIMIT_NOFILE))
                print(resource.getrlimit(resource.RLIMIT_DATA)[0])
                """
        let told = try await app.python(code, confinement: confinement)
        let plain = try await app.run(
            ComponentLaunch(program: ConfinedApp.python, arguments: ["-c", code], environment: [:]))
        #expect(told.lines.count == plain.lines.count)
        let changed = zip(told.lines, plain.lines).filter { $0 != $1 }.map { $0.0 }
        let core = try #require(plain.lines.first { $0.hasSuffix(")") }).split(separator: " ")[0]
        #expect(changed == ["\(core) (40, 40)"] + (limits.hasPrefix("memory") ? ["\(300 << 20)"] : []), "\(told)")
    }
}
