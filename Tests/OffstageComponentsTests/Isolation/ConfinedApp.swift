// An app with a worker and a web component, in a temporary folder that belongs to an ordinary user. Where the only user
// is root, the tests run as root, and root's privileges would prove nothing. The user has a number and no name.
import Dispatch
import Foundation
import OffstageComponents
import OffstageSystem
import Testing

/// What a program printed and how it ended.
struct Told: Sendable {
    var output: String
    var errors: String
    var end: ComponentEnd

    var lines: [String] { output.split(separator: "\n").map(String.init) }
}

/// A temporary app, removed with its last reference.
final class ConfinedApp: Sendable {
    static let stranger: UInt32 = 64_321
    static let python = "/usr/bin/python3"

    let root: String
    let folders: ComponentFolders
    var web: ComponentFolders { ComponentFolders(app: folders.app, state: folders.state, component: "web.main") }
    var uploads: String { folders.network[0] }

    /// Puts the state next to the app's folder, or inside it.
    init(stateInApp: Bool = false) throws {
        let given = FileManager.default.temporaryDirectory.appending(path: "offstage-confined-\(UUID().uuidString)")
            .path
        try FileManager.default.createDirectory(atPath: given, withIntermediateDirectories: true)
        root = try #require(realpath(given, nil).map { String(cString: $0) })
        let app = "\(root)/app"
        let state = stateInApp ? "\(app)/.offstage" : "\(root)/state"
        folders = ComponentFolders(
            app: app, state: state, component: "worker.main", network: ["\(state)/storage/data.storage/uploads"])
        let others = ComponentFolders(app: app, state: state, component: "web.main")
        for folder in [
            app, "\(app)/lib", folders.privateFolder, folders.temporaryFolder, others.privateFolder,
            others.temporaryFolder, folders.network[0],
        ] {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        try write("x = 1\n", to: "\(app)/lib/part.py")
        try write("secret\n", to: "\(others.privateFolder)/secret")
        try write("upload\n", to: "\(folders.network[0])/picture")
        try own()
    }

    deinit {
        try? FileManager.default.removeItem(atPath: root)
    }

    func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    /// Changes the owner of everything to the ordinary user, who could read and write all of it if the kernel did not
    /// refuse.
    private func own() throws {
        guard geteuid() == 0 else { return }
        let everything = try FileManager.default.subpathsOfDirectory(atPath: root).map { "\(root)/\($0)" } + [root]
        for path in everything { #expect(lchown(path, Self.stranger, Self.stranger) == 0) }
    }

    /// The numbers in a file, one per line; empty if there is no file.
    static func numbers(_ path: String) -> [Int32] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").compactMap { Int32($0) }
    }

    func confinement() throws -> Confinement {
        var confinement = try Confinement.worker(folders)
        if geteuid() == 0 { confinement.user = .init(user: Self.stranger, group: Self.stranger) }
        return confinement
    }

    /// The same user without restrictions, to show that the confinement is what refuses.
    func unconfined() -> Confinement {
        var confinement = Confinement()
        confinement.restrictsFiles = false
        confinement.mayListen = true
        confinement.mayShareMemory = true
        if geteuid() == 0 { confinement.user = .init(user: Self.stranger, group: Self.stranger) }
        return confinement
    }

    /// Runs a Python program as the worker and returns its output and its end.
    func python(
        _ code: String, _ words: [String] = [], confinement: Confinement? = nil, kept: [Int32] = [],
        environment: [String: String] = [:]
    ) async throws -> Told {
        var launch = ComponentLaunch(
            program: Self.python, arguments: ["-c", code] + words,
            environment: ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }, folder: folders.app)
        launch.confinement = try confinement ?? self.confinement()
        launch.keptDescriptors = kept
        return try await run(launch)
    }

    func run(_ launch: ComponentLaunch, support: KernelSupport = Kernel.support) async throws -> Told {
        let process = try await ComponentProcess.start(launch, support: support)
        async let output = collect(process.output)
        async let errors = collect(process.errors)
        return Told(output: await output, errors: await errors, end: try await process.wait())
    }
}

/// Reads a pipe to its end, on a thread that may block, and closes it.
func collect(_ descriptor: Int32?) async -> String {
    guard let descriptor else { return "" }
    return await withCheckedContinuation { continuation in
        DispatchQueue.global().async {
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count > 0 { bytes += buffer[..<count] }
                if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { break }
                var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                if count < 0 { _ = poll(&watched, 1, -1) }
            }
            close(descriptor)
            continuation.resume(returning: String(decoding: bytes, as: UTF8.self))
        }
    }
}

/// The features of this kernel. A test that needs a missing feature checks that the feature is reported as missing.
enum Kernel {
    static let support = KernelSupport.read()

    /// Whether Landlock has this version. If not, checks that `missing` reports it, and prints that the claim is
    /// unproven here.
    static func has(landlock version: Int) -> Bool {
        guard support.landlockVersion < version else { return true }
        let told = support.missing.contains { $0.contains("Landlock") }
        #expect(told, "Landlock \(version) is missing and nobody is told")
        say("Landlock \(version) (there is \(support.landlockVersion))")
        return false
    }

    static func hasFilters() -> Bool {
        guard !support.hasFilters else { return true }
        #expect(support.missing.contains { $0.contains("seccomp") }, "seccomp is missing and nobody is told")
        say("seccomp")
        return false
    }

    private static func say(_ piece: String) {
        FileHandle.standardError.write(Data("NOT PROVEN HERE, told by KernelSupport: no \(piece)\n".utf8))
    }
}

/// Tries one operation after the other in Python: `attempt("name", lambda: ...)` prints the name with `ok` or the
/// errno.
let attempts = """
    import errno, os, sys, socket, ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    def attempt(name, action):
        try:
            action()
            print(name, "ok", flush=True)
        except OSError as problem:
            print(name, errno.errorcode.get(problem.errno, problem.errno), flush=True)
    def call(number, *words):
        if libc.syscall(ctypes.c_long(number), *[ctypes.c_long(word) for word in words]) < 0:
            raise OSError(ctypes.get_errno(), "system call")

    """
