// What the process was started with: nothing else in the project looks at the environment or the current folder.
#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The variables and the folder that the process was started with.
enum ProcessEnvironment {
    /// Reads all variables.
    static func variables() -> [String: String] { ProcessInfo.processInfo.environment }

    /// Reads the current folder.
    static func folder() -> String { FileManager.default.currentDirectoryPath }
}
