// An app in a temporary folder, run by the built `offstage` as an ordinary user. Tests observe it from outside: by its
// output, its processes, and the commands that steer it. The owner stops it with everything it started.
import Foundation
import OffstageComponents
import OffstageCore
import OffstageSystem
import Testing

/// A temporary app that tests start with `offstage up`.
final class RunningApp: @unchecked Sendable {
    // Proof: only the test's single task sets `process`, before others use it; Process is thread-safe.
    let folder: String
    let port: Int
    private let user: UInt32
    private(set) var process: Process?
    /// The soft limit of open descriptors for commands. With nil, commands inherit the test's own limit.
    var openFiles: Int?

    /// The path of the built program, which is in the same folder as the test bundle.
    static var executable: String {
        let me =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return (me as NSString).deletingLastPathComponent + "/offstage"
    }

    /// Makes an app. `user` is the number of the ordinary user who runs it if the tests run as root. PostgreSQL needs a
    /// user with a name.
    init(_ boxfile: String, files: [String: String] = [:], user: UInt32 = 64_321, port: Int? = nil) throws {
        self.user = user
        let given = FileManager.default.temporaryDirectory.appending(
            path: "offstage-app-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: given, withIntermediateDirectories: true)
        folder = try #require(realpath(given.path, nil).map { String(cString: $0) })
        self.port = try port ?? Self.freePort()
        try write("boxfile.yml", boxfile)
        for (name, text) in files { try write(name, text) }
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        for path in [folder, home] where geteuid() == 0 { #expect(chown(path, user, user) == 0) }
    }

    deinit {
        if let process, process.isRunning { kill(process.processIdentifier, SIGKILL) }
        for path in [folder, home] { try? FileManager.default.removeItem(atPath: path) }
    }

    /// The home folder of the user who runs the app; it contains the app's state.
    var home: String { folder + "-home" }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
        if geteuid() == 0 { #expect(chown("\(folder)/\(name)", user, user) == 0) }
    }

    /// All lines of the console since the last start.
    var lines: [String] { text("console").split(separator: "\n").map(String.init) }

    func text(_ name: String) -> String {
        (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? ""
    }

    /// The process id of `up`. If it was not started, an id that no process has; not 0, which is the tests' own group.
    var pid: Int32 { process?.processIdentifier ?? .max }

    /// Starts `offstage up` and returns at once. Its output goes into the pipe if there is one.
    func up(_ more: [String] = [], into pipe: Pipe? = nil) throws {
        process = try start(["up", "--port", "\(port)"] + more, output: "console", into: pipe)
    }

    /// Starts the app and waits until everything is up.
    func upAndReady() async throws {
        try up()
        try await expect("everything is up") { self.says("everything is up") }
    }

    func says(_ text: String) -> Bool { lines.contains { $0.contains(text) } }

    /// Waits up to 30 seconds for a condition. If it does not hold by then, records an issue with the end of the
    /// console.
    func expect(
        _ what: String, within seconds: Int = 30, at place: SourceLocation = #_sourceLocation,
        _ condition: () async throws -> Bool
    ) async throws {
        for _ in 0..<(seconds * 20) {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record(
            "\(what) did not come; the console ends:\n\(lines.suffix(25).joined(separator: "\n"))",
            sourceLocation: place)
        throw CancellationError()
    }

    /// Runs a command of `offstage` in the folder and returns its status and output.
    @discardableResult
    func offstage(_ words: String..., within seconds: Int = 60) async throws -> (status: Int32, output: String) {
        try await offstage(words, within: seconds)
    }

    func offstage(_ words: [String], within seconds: Int = 60) async throws -> (status: Int32, output: String) {
        let name = "out-\(UUID().uuidString.prefix(8))"
        let process = try start(words, output: name)
        do {
            try await expect("the end of offstage \(words.joined(separator: " "))", within: seconds) {
                !process.isRunning
            }
        } catch {
            kill(process.processIdentifier, SIGKILL)
            throw error
        }
        return (process.terminationStatus, text(name))
    }

    /// Starts a command of `offstage` in the folder. It writes to a file there or into a pipe. The caller must end it.
    func start(_ words: [String], output: String, into pipe: Pipe? = nil) throws -> Process {
        let process = Process()
        let isRoot = geteuid() == 0
        var command = [Self.executable] + words
        if isRoot {
            command = ["/usr/bin/setpriv", "--reuid", "\(user)", "--regid", "\(user)", "--clear-groups"] + command
        }
        if let openFiles { command = ["/bin/sh", "-c", "ulimit -Sn \(openFiles); exec \"$@\"", "sh"] + command }
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.currentDirectoryURL = URL(filePath: folder)
        process.environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": home]
        _ = FileManager.default.createFile(atPath: "\(folder)/\(output)", contents: nil)
        let file = FileHandle(forWritingAtPath: "\(folder)/\(output)")
        process.standardOutput = pipe ?? file
        process.standardError = pipe ?? file
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// The processes of the app, as `offstage ps --json` lists them.
    func ps() async throws -> [JSON] {
        let answer = try await offstage("ps", "--json")
        guard answer.status == 0, case .array(let all) = try JSON.parse(Array(answer.output.utf8)) else { return [] }
        return all
    }

    func pids(_ component: String) async throws -> [Int32] {
        try await ps().filter { $0["component"]?.stringValue == component && $0["leaving"] != .bool(true) }.compactMap {
            $0["pid"]?.integerValue.map(Int32.init)
        }
    }

    /// Signals `up`, waits for its end, and returns its status.
    @discardableResult
    func stop(_ signal: Int32 = SIGTERM) async throws -> Int32 {
        let process = try #require(process)
        kill(pid, signal)
        try await expect("the end of up", within: 60) { !process.isRunning }
        return process.terminationStatus
    }

    /// Whether a process exists and is not a zombie.
    static func isAlive(_ pid: Int32) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let bracket = text.lastIndex(of: ")")
        else { return false }
        return !text[bracket...].hasPrefix(") Z")
    }

    /// All processes on the machine, except this one, whose working folder is in this app's folder.
    func strays() -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.filter { pid in
            let place = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")) ?? ""
            return place.hasPrefix(folder) && Self.isAlive(pid) && pid != getpid()
        }
    }

    func get(_ path: String) async -> (status: Int, body: String)? {
        guard let url = URL(string: "http://127.0.0.1:\(port)\(path)") else { return nil }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = [
            "-c",
            """
            import sys, urllib.request, urllib.error
            try: r = urllib.request.urlopen(sys.argv[1], timeout=5)
            except urllib.error.HTTPError as e: r = e
            print(r.status if hasattr(r, 'status') else r.code); print(r.read().decode())
            """, url.absoluteString,
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let data = (try? pipe.fileHandleForReading.readToEnd()) ?? Data()
        let parts = String(decoding: data, as: UTF8.self).split(separator: "\n", maxSplits: 1).map(String.init)
        return parts.first.flatMap { Int($0) }.map { ($0, parts.count > 1 ? parts[1] : "") }
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(isBound)
        return Int(in_port_t(bigEndian: address.sin_port))
    }
}
