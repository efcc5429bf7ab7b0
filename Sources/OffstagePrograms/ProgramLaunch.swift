// Everything that the watcher's thread needs to start a program, prepared by the caller.

/// One run of a program, not started yet.
struct ProgramLaunch: Sendable {
    var command: String
    var environment: EnvironmentBlock
    var input: [UInt8]
    /// What the program can read from descriptor 4.
    var file: [UInt8]?
    var grace: Duration
    var limits: ProgramLimits
    /// How long reports are left in their pipe after some were read.
    var reportPause: Duration = .zero
}

/// Variables in the format that the C side takes: `NAME=value`, each ended by a null byte.
struct EnvironmentBlock: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var count = 0

    /// Drops what cannot be a variable: names that are empty or contain `=`, and anything with a null byte.
    init(_ variables: [String: String]) {
        for (name, value) in variables {
            guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "=")) else { continue }
            guard !name.utf8.contains(0), !value.utf8.contains(0) else { continue }
            bytes.append(contentsOf: name.utf8)
            bytes.append(UInt8(ascii: "="))
            bytes.append(contentsOf: value.utf8)
            bytes.append(0)
            count += 1
        }
    }
}
