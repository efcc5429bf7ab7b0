// A foreman's settings. They include the process's own arguments and environment: children are started with the same
// ones, plus one variable by which a child learns its role.
public import OffstageWorker

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A foreman's settings.
public struct ForemanOptions: Sendable {
    /// The number of worker processes, from 1 to 1,000; 2. While there are crash suspects, up to as many more processes
    /// run them, one suspect each.
    public var processes = 2
    /// How many handlers run at a time in each process, from 1 to 10,000; 16.
    public var concurrency = 16
    /// Whether each job gets its own process. `processes` is then how many jobs run at a time, and the processes are
    /// started before there are jobs for them.
    public var isolates = false
    /// If jobs are isolated, how many jobs a process runs in sequence before another process replaces it, at least 1;
    /// 1.
    public var jobsPerProcess = 1
    /// How long handlers have to finish when the foreman is told to stop, not negative; 25 s.
    public var grace = Duration.seconds(25)
    /// The settings of the worker in each process. `handlesSignals`, `log` and `time` also apply to the foreman.
    public var worker = WorkerOptions()
    /// The arguments that each process is started with; the first is the program's name.
    public var arguments = CommandLine.arguments
    /// The environment that each process is started with.
    public var environment = ProcessInfo.processInfo.environment

    /// How much longer than their worker needs to stop the children may take before they are killed; 10 s.
    package var slack = Duration.seconds(10)
    /// Whether descriptors report the end of children. False behaves as on kernels that have no such descriptors.
    package var hasEndDescriptors = true

    /// Creates the default settings.
    public init() {}

    /// The variable by which a child learns its role.
    package static let variable = "OFFSTAGE_POST"

    func check() throws(ForemanError) {
        guard (1...1000).contains(processes) else {
            throw .invalid("\(processes) processes: 1 to 1000 are possible")
        }
        guard (1...10_000).contains(concurrency) else {
            throw .invalid("a concurrency of \(concurrency) is not between 1 and 10000")
        }
        guard jobsPerProcess >= 1 else { throw .invalid("\(jobsPerProcess) jobs for each process: at least 1") }
        guard grace >= .zero else { throw .invalid("a grace of \(grace) is negative") }
    }
}

/// The role of a process under a foreman.
enum PostKind: UInt64, Sendable {
    /// Runs any jobs except suspects, many at a time.
    case pool
    /// Runs suspects, one at a time, and ends when there are none.
    case quarantine
    /// Runs any jobs, one at a time.
    case isolated
}
