// How a foreman works. The process's own words and variables are settings too: children are started with the same
// ones, and a child is told what it is by one more variable.
public import OffstageWorker

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A foreman's settings.
public struct ForemanOptions: Sendable {
    /// How many worker processes there are, from 1 to 1,000; 2. Suspects of a crash have up to as many more, one for
    /// each, while there are some.
    public var processes = 2
    /// How many handlers run at a time in each process; 16.
    public var concurrency = 16
    /// Whether each job has a process to itself. `processes` is then how many jobs run at a time, and the processes
    /// are started before there are jobs for them.
    public var isolates = false
    /// If jobs are isolated, how many a process runs one after the other before another takes its place; 1.
    public var jobsPerProcess = 1
    /// How long handlers have to finish when the foreman is told to stop; 25 s.
    public var grace = Duration.seconds(25)
    /// The settings of the worker in each process; `handlesSignals`, `log` and `time` are the foreman's too.
    public var worker = WorkerOptions()
    /// The words that each process is started with, the program's name first.
    public var arguments = CommandLine.arguments
    /// The variables that each process is started with.
    public var environment = ProcessInfo.processInfo.environment

    /// What children have beyond the time that their worker needs to stop, before they are killed; 10 s.
    package var slack = Duration.seconds(10)
    /// Whether the end of children is told by descriptors; false does as on kernels that have none.
    package var hasEndDescriptors = true

    /// The defaults.
    public init() {}

    /// The variable that tells a child what it is.
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

/// What a process under a foreman is there for.
enum PostKind: UInt64, Sendable {
    /// Runs any job but suspects, many at a time.
    case pool
    /// Runs suspects, one at a time, and ends when there are none.
    case quarantine
    /// Runs any job, one at a time.
    case isolated
}
