// A handler that can be any program. The command runs through `/bin/sh -c` under a keeper (CSystem's keeper.c). The
// keeper kills the command's process group when the command ends, when it must stop, or when this process dies for any
// reason. The program reads the arguments from descriptor 0 and reports progress on descriptor 3; its standard output
// is the result. The one thread of a ProgramWatcher does all waiting; a task that runs a program is only suspended.
import OffstageCore

/// A command line and the settings to run it. One value can be used for any number of concurrent runs.
public struct Program: Sendable {
    /// The command and the environment that it inherits.
    public let command: ProgramCommand
    /// How long a program that was asked to end may take before it is killed; from zero to a day.
    public let grace: Duration
    /// How much of its output is kept.
    public let limits: ProgramLimits
    private let watcher: ProgramWatcher

    /// The most bytes of a checkpoint that are passed as a variable; the kernel refuses a variable of 128 KiB.
    static let checkpointVariableBytes = 96 << 10

    /// Creates a program that `watcher` serves. A `grace` below zero or above a day is clamped.
    public init(
        _ command: ProgramCommand, watcher: ProgramWatcher, grace: Duration = .seconds(3),
        limits: ProgramLimits = ProgramLimits()
    ) {
        self.command = command
        self.watcher = watcher
        self.grace = min(max(.zero, grace), .seconds(86_400))
        self.limits = limits
    }

    /// Runs the command and returns how it ended. The command gets `input` and a newline on its standard input, and
    /// `environment` on top of the variables that it inherits.
    ///
    /// A checkpoint is passed as `OFFSTAGE_JOB_CHECKPOINT`, or, if it is larger than 96 KiB, as a file whose path is in
    /// `OFFSTAGE_JOB_CHECKPOINT_FILE`. `events` is called for one event at a time; a program that writes faster than
    /// `events` handles it is slowed down. When the task is cancelled, the program's group gets SIGTERM, and SIGKILL
    /// after the grace period. When this method returns, no process of the group is left.
    public func run(
        input: [UInt8], environment: [String: String] = [:], checkpoint: [UInt8]? = nil,
        events: @Sendable (ProgramEvent) async -> Void = { _ in }
    ) async -> ProgramEnd {
        await run(input: input, environment: environment, checkpoint: checkpoint, reportPause: .zero) { all in
            for event in all { await events(event) }
        }
    }

    /// Runs the command like the public method. `events` gets everything that came since its last call. After a report,
    /// the next reports are read no sooner than `reportPause` later.
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
