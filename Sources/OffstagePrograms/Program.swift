// A handler that is any program. The command runs by `/bin/sh -c` under a keeper (CSystem's keeper.c) that kills its
// process group when the command ends, when it shall not go on, or when this process dies of whatever cause. The
// program reads the arguments on descriptor 0, says how far it is on descriptor 3, and its standard output is the
// result. All waiting is done by the one thread of a ProgramWatcher; a task that runs a program is only suspended.
import OffstageCore

/// A command line with what it takes to run it; one value serves any number of runs at a time.
public struct Program: Sendable {
    /// The command and the environment that it inherits.
    public let command: ProgramCommand
    /// How long a program that was asked to end may take before it is killed; from nothing to a day.
    public let grace: Duration
    /// How much of what it says is kept.
    public let limits: ProgramLimits
    private let watcher: ProgramWatcher

    /// The most bytes of a checkpoint that are passed as a variable; the kernel refuses a variable of 128 KiB.
    static let checkpointVariableBytes = 96 << 10

    /// Creates a program that `watcher` looks after.
    public init(
        _ command: ProgramCommand, watcher: ProgramWatcher, grace: Duration = .seconds(3),
        limits: ProgramLimits = ProgramLimits()
    ) {
        self.command = command
        self.watcher = watcher
        self.grace = min(max(.zero, grace), .seconds(86_400))
        self.limits = limits
    }

    /// Runs the command to its end, with `input` and a newline on its standard input, and `environment` over what it
    /// inherits.
    ///
    /// A checkpoint is passed as `OFFSTAGE_JOB_CHECKPOINT`, or, from 96 KiB on, as a file whose path is in
    /// `OFFSTAGE_JOB_CHECKPOINT_FILE`. `events` is called for one event at a time, and a program that says more than
    /// it takes waits. When the task is cancelled the program's group gets SIGTERM, and SIGKILL after the grace
    /// period. When this answers, no process of the group is left.
    public func run(
        input: [UInt8], environment: [String: String] = [:], checkpoint: [UInt8]? = nil,
        events: @Sendable (ProgramEvent) async -> Void = { _ in }
    ) async -> ProgramEnd {
        await run(input: input, environment: environment, checkpoint: checkpoint, reportPause: .zero) { all in
            for event in all { await events(event) }
        }
    }

    /// Runs the command as the other does. `events` gets all that came since it was last called, and after a report the
    /// next ones are read `reportPause` later.
    func run(
        input: [UInt8], environment: [String: String], checkpoint: [UInt8]?, reportPause: Duration,
        events: @Sendable ([ProgramEvent]) async -> Void
    ) async -> ProgramEnd {
        var variables = command.environment.merging(environment) { _, new in new }
        variables["OFFSTAGE_PROGRESS_FD"] = "3"
        var file: [UInt8]?
        if let checkpoint, checkpoint.count > Self.checkpointVariableBytes {
            file = checkpoint
            variables["OFFSTAGE_JOB_CHECKPOINT_FILE"] = "/dev/fd/4"
        } else if let checkpoint {
            variables["OFFSTAGE_JOB_CHECKPOINT"] = String(decoding: checkpoint, as: UTF8.self)
        }
        let launch = ProgramLaunch(
            command: command.line, environment: EnvironmentBlock(variables), input: input, file: file, grace: grace,
            limits: limits, reportPause: reportPause)
        return await follow(launch, events: events)
    }

    private func follow(
        _ launch: ProgramLaunch, events: @Sendable ([ProgramEvent]) async -> Void
    ) async -> ProgramEnd {
        guard !Task.isCancelled else {
            return ProgramEnd(status: .notStarted("cancelled before its start"), wasStopped: true)
        }
        let channel = ProgramChannel()
        let number = watcher.start(launch, channel: channel)
        return await withTaskCancellationHandler {
            while true {
                let news = await channel.take()
                if news.wasFull { watcher.look() }
                if !news.events.isEmpty { await events(news.events) }
                if let end = news.end { return end }
            }
        } onCancel: {
            watcher.stop(number)
        }
    }
}
