// The built executable, run as a user would run it: words in, an exit status and two texts out.
import Foundation

/// The result of a run of the program.
struct ProgramResult: Sendable {
    var status: Int32
    var output: String
    var messages: String

    /// The lines of the output.
    var lines: [String] { output.split(separator: "\n").map(String.init) }
}

/// The built `offstage` program.
enum Program {
    /// The path of the executable, which is in the same folder as the test bundle.
    static var executable: String {
        let me =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return (me as NSString).deletingLastPathComponent + "/offstage"
    }

    /// Starts the program in a folder. Its standard output and standard error go to files there.
    static func start(
        _ words: [String], in scratch: Scratch, input: String? = nil, environment: [String: String] = [:],
        then finish: @escaping @Sendable (ProgramResult) -> Void = { _ in }
    ) throws -> Process {
        let name = UUID().uuidString
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = words
        process.currentDirectoryURL = URL(fileURLWithPath: scratch.path)
        var variables = ["PATH": "/usr/local/bin:/usr/bin:/bin", "OFFSTAGE_STORE": scratch.store]
        variables.merge(environment) { $1 }
        process.environment = variables
        for end in [".out", ".err"] {
            _ = FileManager.default.createFile(atPath: scratch.path + "/" + name + end, contents: nil)
        }
        process.standardOutput = FileHandle(forWritingAtPath: scratch.path + "/" + name + ".out")
        process.standardError = FileHandle(forWritingAtPath: scratch.path + "/" + name + ".err")
        process.standardInput = FileHandle.nullDevice
        if let input { process.standardInput = FileHandle(forReadingAtPath: try scratch.write(name + ".in", input)) }
        process.terminationHandler = { process in
            let status =
                process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
            finish(
                ProgramResult(
                    status: status, output: scratch.read(name + ".out"), messages: scratch.read(name + ".err")))
        }
        try process.run()
        return process
    }

    /// Runs the program until it ends.
    static func run(
        _ words: String..., in scratch: Scratch, input: String? = nil, environment: [String: String] = [:]
    ) async throws -> ProgramResult {
        try await run(words, in: scratch, input: input, environment: environment)
    }

    /// Runs the program until it ends.
    static func run(
        _ words: [String], in scratch: Scratch, input: String? = nil, environment: [String: String] = [:]
    ) async throws -> ProgramResult {
        try await withCheckedThrowingContinuation { continuation in
            do {
                _ = try start(words, in: scratch, input: input, environment: environment) { result in
                    continuation.resume(returning: result)
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// Waits until a condition holds, for 20 seconds at most. Returns whether it holds.
    static func eventually(
        within seconds: Int = 20, _ condition: () async throws -> Bool
    ) async rethrows -> Bool {
        for _ in 0..<20 * seconds {
            if try await condition() { return true }
            try? await Task.sleep(for: .milliseconds(50))
        }
        return false
    }
}
