// `offstage run`: runs one component, or any command, in this console, with the data components' variables in its
// environment. If the folder's data components are not running, they are started for as long as the command runs.
import OffstageComponents
import OffstageCore
import OffstageSystem
import OffstageWorker

/// The command that runs one component or command in this console.
enum RunCommand {
    static let spec = CommandSpec(
        "run", "run one component or command here, with the data components' environment",
        details:
            "offstage run worker.main runs that component once, confined as in offstage up; of a start that names"
            + " several commands, worker.main.mail is the one called mail. offstage run -- COMMAND runs any command"
            + " with DATA_QUEUE_HOST and the like, and the variables of run.config. The variables of dev in run.config"
            + " come before all others. If neither up nor another run is at work here, the data components are started"
            + " first and stopped at the end, under other runs that came to use them, too; up has to wait for it. The"
            + " exit status is the command's.",
        arguments: [ArgumentSpec("COMPONENT | -- COMMAND", .text, .many, "what to run")],
        options: [AppFolder.option], run: run)

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        let words = context.invocation.arguments("COMPONENT | -- COMMAND")
        guard let first = words.first else { throw UsageError("run needs a component, or -- and a command") }
        let boxfile = try AppFolder.boxfile(context)
        let folders = try AppFolder.preparedFolders(context)
        var options = SupervisorOptions()
        options.surroundings = context.environment
        let console = ConsoleRun(boxfile: boxfile, folders: folders, options: options)
        let target = try console.target(first)
        if let target, words.count > 1 {
            throw UsageError("\(target.name) is a component and takes no words; a command stands behind --")
        }
        let holder = try await RunData.holder(of: folders, time: context.time)
        let (events, continuation) = AsyncStream<ProcessSignal>.makeStream()
        let watch = ProcessSignals.watch([.stop, .interrupt, .hangup]) { continuation.yield($0) }
        defer { watch.stop() }
        let data: RunData
        switch holder {
        case .other(let environment): data = RunData(environment: environment)
        case .this(let lock): data = try await RunData(console, lock: lock, context)
        }
        let launch: ComponentLaunch
        do {
            launch =
                try target.map { try console.launch($0, data: data.environment) }
                ?? console.launch(words, data: data.environment)
        } catch {
            await data.stop(context)
            throw error
        }
        if target != nil, let port = launch.environment["PORT"] { context.output.message("PORT is \(port)") }
        let status = await perform(launch, isCommand: target == nil, context, events)
        await data.stop(context)
        // Pass on the command's own status as it is; `ExitStatus` has only four values.
        try context.output.flush()
        exit(status)
    }

    private static func perform(
        _ launch: ComponentLaunch, isCommand: Bool, _ context: CommandContext, _ events: AsyncStream<ProcessSignal>
    ) async -> Int32 {
        if isCommand {
            let command = ConsoleCommand()
            // A terminal sends its signals to the command too; pass on only what was meant for this process.
            let passing = Task {
                for await signal in events where signal == .stop || signal == .hangup { command.signal(signal.number) }
            }
            defer { passing.cancel() }
            return await command.run(launch)
        }
        do {
            let process = try await ComponentProcess.start(launch)
            let passing = Task {
                for await signal in events { process.signal(signal.number) }
            }
            let end = try await process.wait()
            passing.cancel()
            return end.shellStatus
        } catch {
            context.output.message("\(error)")
            return 127
        }
    }
}
