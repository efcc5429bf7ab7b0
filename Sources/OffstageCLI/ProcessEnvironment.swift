// What the process was started with: nothing else in the project looks at the environment or the current folder.
import OffstageSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The variables and the folder that the process was started with.
enum ProcessEnvironment {
    /// Reads all variables.
    static func variables() -> [String: String] { ProcessInfo.processInfo.environment }

    /// Throws one line about the first of the command line's own variables that is not UTF-8: as text it would be
    /// changed, and mean another store.
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
