// All commands, in the order in which help shows them.

/// The table of all commands.
enum CommandTable {
    /// All commands, in groups.
    static let groups: [CommandGroup] = [
        CommandGroup(title: "Enqueue and work", commands: [EnqueueCommand.spec, WorkCommand.spec]),
        CommandGroup(
            title: "Look",
            commands: [
                JobsCommand.spec, ShowCommand.spec, WhyCommand.spec, WatchCommand.spec, QueuesCommand.spec,
                WorkersCommand.spec,
                StatsCommand.spec, TopCommand.spec, ReturnsCommand.spec,
            ]),
        CommandGroup(
            title: "Steer",
            commands: [
                CancelCommand.spec, RetryCommand.spec, RemoveCommand.spec, RescheduleCommand.spec, PauseCommand.pause,
                PauseCommand.resume, ClearCommand.spec,
            ]),
        CommandGroup(
            title: "Run an app of components",
            commands: [
                UpCommand.spec, SteerCommands.ps, SteerCommands.scale, SteerCommands.restart, SteerCommands.down,
                LogsCommand.spec, RunCommand.spec, ExportCommand.spec,
            ]),
        CommandGroup(
            title: "Check",
            commands: [
                BackupCommand.spec, BenchCommand.spec, DoctorCommand.spec, MigrateCommand.spec, CompletionCommand.spec,
                VersionCommand.spec,
            ]),
    ]

    /// Commands that help does not show.
    static let hidden: [CommandSpec] = [BenchCommand.peer]
}
