// The variables of the environment that the command line obeys, read once at the start: nothing else in the project
// looks at the environment.
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The variables that the command line obeys.
enum ProcessEnvironment {
    /// The names of the variables.
    static let names = ["OFFSTAGE_STORE", "DATA_QUEUE_HOST", "OFFSTAGE_LOG", "NO_COLOR", "TERM"]

    /// Reads the variables that are set.
    static func read() -> [String: String] {
        var values: [String: String] = [:]
        for name in names {
            if let value = getenv(name) { values[name] = String(cString: value) }
        }
        return values
    }
}
