// The process's environment and current folder. Nothing else in the project reads either.
import OffstageSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The environment and the current folder of the process.
enum ProcessEnvironment {
    /// Reads all variables.
    static func variables() -> [String: String] { ProcessInfo.processInfo.environment }

    /// Throws a one-line error for the first of the command line's own variables that is not UTF-8. Decoding would
    /// change it, so that it names another store.
    static func check() throws(UsageError) {
        for name in own {
            guard let value = getenv(name) else { continue }
            if String(validatingCString: value) == nil { throw UsageError("the variable \(name) is not UTF-8 text") }
        }
    }

    private static let own =
        ["OFFSTAGE_STORE", "OFFSTAGE_GRACE", "OFFSTAGE_LOG"]
        + ["HOST", "PORT", "USER", "PASS"].map { "DATA_QUEUE_\($0)" }

    /// Reads the current folder.
    static func folder() -> String { FileManager.default.currentDirectoryPath }
}
