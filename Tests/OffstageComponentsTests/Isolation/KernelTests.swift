// Kernels that lack a feature: what is missing is reported, and the remaining features still protect. These tests turn
// features off manually.
import Foundation
import Testing

@testable import OffstageComponents

@Suite("A kernel that lacks a feature of the isolation", .timeLimit(.minutes(2)))
struct KernelTests {
    private static func support(landlock: Int, filters: Bool = true) -> KernelSupport {
        KernelSupport(landlockVersion: landlock, hasFilters: filters, hasCloseRange: true, hasControlGroups: true)
    }

    @Test("is reported in one plain line per feature, and a complete kernel in none")
    func lines() {
        #expect(Self.support(landlock: 7).missing.isEmpty)
        #expect(Self.support(landlock: 6).missing.isEmpty)
        #expect(Self.support(landlock: 5).missing.count == 1)
        #expect(Self.support(landlock: 3).missing.first?.contains("bind TCP ports") == true)
        #expect(Self.support(landlock: 1).missing.count == 5)
        let bare = KernelSupport(landlockVersion: 0, hasFilters: false, hasCloseRange: false, hasControlGroups: false)
        #expect(bare.missing.count == 4)
        #expect(bare.missing.first == "no system call filters (seccomp): workers can accept connections")
        for line in bare.missing + Self.support(landlock: 1).missing { #expect(!line.contains("\n")) }
    }

    @Test("still refuses what the other features refuse")
    func rest() async throws {
        let app = try ConfinedApp()
        let code =
            attempts + """
                attempt("listen", lambda: socket.socket().listen())
                attempt("secret", lambda: open(sys.argv[1] + "/secret").read())
                """
        var launch = ComponentLaunch(
            program: ConfinedApp.python, arguments: ["-c", code, app.web.privateFolder],
            confinement: try app.confinement())
        launch.folder = app.folders.app
        if Kernel.hasFilters() {
            let told = try await app.run(launch, support: Self.support(landlock: 0))
            #expect(told.lines == ["listen EPERM", "secret ok"], "\(told)")
        }
        if Kernel.has(landlock: 1) {
            let told = try await app.run(launch, support: Self.support(landlock: 7, filters: false))
            #expect(told.lines.last == "secret EACCES", "\(told)")
        }
        let neither = try await app.run(launch, support: Self.support(landlock: 0, filters: false))
        #expect(neither.lines == ["listen ok", "secret ok"], "\(neither)")
    }

    @Test("or a boxfile that asks for it may let components share memory by name")
    func sharedMemory() async throws {
        let app = try ConfinedApp()
        let code = "import multiprocessing; multiprocessing.Lock(); print('made')"
        var confinement = try app.confinement()
        if Kernel.has(landlock: 1) {
            let refused = try await app.python(code, confinement: confinement)
            #expect(refused.errors.contains("PermissionError"), "\(refused)")
        }
        confinement.mayShareMemory = true
        let told = try await app.python(code, confinement: confinement)
        #expect(told.lines == ["made"], "\(told)")
    }
}

@Suite("Control groups", .timeLimit(.minutes(1)))
struct ControlGroupTests {
    /// Returns a folder with the kernel's control files, as plain files.
    private func tree(_ app: ConfinedApp, _ groups: [String]) throws -> String {
        for group in [""] + groups.map({ "/\($0)" }) {
            let folder = "\(app.root)/tree\(group)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try app.write("cpu io memory pids\n", to: "\(folder)/cgroup.controllers")
            for file in ["cgroup.procs", "cgroup.subtree_control", "memory.max", "cpu.weight"] {
                try app.write("", to: "\(folder)/\(file)")
            }
        }
        return "\(app.root)/tree"
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test("are set as the kernel requires, and joined by the component before it starts")
    func limits() async throws {
        let app = try ConfinedApp()
        let groups = ControlGroups(folder: try tree(app, ["supervisor", "worker.main"]))
        #expect(groups.isOurs)
        try groups.takeOver()
        #expect(try text("\(groups.folder)/supervisor/cgroup.procs") == "0")
        let members = try groups.component("worker.main", memoryBytes: 1 << 28, share: 50)
        #expect(try text("\(groups.folder)/worker.main/memory.max") == "268435456")
        #expect(try text("\(groups.folder)/worker.main/cpu.weight") == "50")
        var confinement = try app.confinement()
        confinement.controlGroup = members
        let told = try await app.python("print('in')", confinement: confinement)
        #expect(told.lines == ["in"], "\(told)")
        #expect(try text(members) == "0")
        confinement.controlGroup = "\(groups.folder)/none/cgroup.procs"
        await #expect(throws: ConfinementError.self) { try await app.python("", confinement: confinement) }
    }

    @Test("are not used if they lack memory or processors")
    func offered() throws {
        let app = try ConfinedApp()
        let groups = ControlGroups(folder: try tree(app, []))
        try app.write("io pids\n", to: "\(groups.folder)/cgroup.controllers")
        #expect(!groups.isOurs)
        #expect(!ControlGroups(folder: "\(app.root)/none").isOurs)
        #expect(throws: ConfinementError.self) { try ControlGroups(folder: "\(app.root)/none").takeOver() }
    }
}
