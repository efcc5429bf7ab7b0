// `offstage work`: runs a worker for the app's own jobs and for any program that can read a line and exit with a
// status. Every error in the handlers is reported before a job is reserved.
import OffstageCore
import OffstageForeman
import OffstagePrograms
import OffstageWorker

/// The command that runs a worker.
enum WorkCommand {
    static let spec = CommandSpec(
        "work", "take jobs and perform them, until told to stop",
        details:
            "A handler's COMMAND is run by /bin/sh for each job of its TYPE: it reads the arguments from standard input"
            + " and prints the result; exit status 0 completes the job, 75 asks for a retry, 65 discards it, any other"
            + " fails the attempt. A handlers file has one TYPE=COMMAND a line."
            + "\nA POLICY says how long a failed job waits: standard (about 15 s after the first failure, a day after"
            + " the fifteenth), never, a duration such as 30s, or two such as 10s..1h (doubled from the one to the"
            + " other). It is given to all programs by --retry, and to one by 'TYPE retry POLICY=COMMAND'."
            + "\nCancel, time-out and the end of the grace period send SIGTERM to a program and all it started, and"
            + " SIGKILL 3 s later (--kill-after) if anything is left."
            + "\nSIGTERM or Ctrl-C: no new jobs, up to the grace period for those that run, then they are stopped and"
            + " handed back without a burned attempt. A second signal stops at once. SIGTSTP: no new jobs."
            + "\nWith --processes or --isolate jobs run in processes of their own. When one dies, the jobs in it are"
            + " handed back at once and run alone from then on; one that dies so alone too often is discarded, with"
            + " what is known of the death.",
        options: [
            .value("queues", "QUEUES", .queues, "serve a,b in strict order, a:2,b:1 by weight (all queues)"),
            .value("concurrency", "N", .count(1...10_000), "how many jobs at once, in each process (16)"),
            .value("processes", "N", .count(1...1000), "work in N processes, which a crash of one does not end"),
            .flag("isolate", "run each job in a process of its own, as many at once as --concurrency says"),
            .value(
                "crash-limit", "N", .count(1...1000),
                "discard a job that crashed alone N times after its first crash (3)"),
            .value("handler", "TYPE=COMMAND", .text, repeatable: true, "perform jobs of TYPE by a program"),
            .value("handlers", "FILE", .file, "read handlers from a file"),
            .value("retry", "POLICY", .text, "how long failed jobs of programs wait (standard)"),
            .value(
                "kill-after", "DURATION", .duration, "how long a program has between SIGTERM and SIGKILL (3s)"),
            .value("grace", "DURATION", .duration, "how long jobs may go on after SIGTERM ($OFFSTAGE_GRACE, 25s)"),
            .flag("drain", "end when nothing is due and nothing runs"),
            .value("log", "LEVEL", .oneOf(LogLevel.allCases.map(\.name)), "how much to log ($OFFSTAGE_LOG, info)"),
        ],
        run: run)

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        try WorkerProcess.serveAsInit(context)
        try WorkerProcess.checkThreads(context)
        let log = LooseLog.around(
            StandardErrorLog(minimum: try level(context), json: context.invocation.wantsJSON, time: context.time))
        let url = try context.storeURL()
        let handlers = try context.app.handlers + programs(context, store: url)
        guard !handlers.isEmpty else {
            throw UsageError(
                "work needs --handler TYPE=COMMAND or --handlers FILE: it has nothing to perform jobs with")
        }
        var options = context.app.options
        options.drain = context.invocation.has("drain")
        options.time = context.time
        options.log = log
        options.endsProcess = true
        // A program that is killed late must have ended before its lease is returned.
        options.patience = max(options.patience, try killAfter(context) + .seconds(2))
        let queues = try queues(context.invocation)
        let crew = try crew(context, options)
        try WorkerProcess.prepare(context, concurrency: crew.isolates ? 1 : crew.concurrency, log: log)
        // A worker that the foreman started uses the foreman's store and must not create another in its place.
        let access: StoreAccess = context.environment[ForemanOptions.variable] == nil ? .make : .change
        let crashLimit = context.invocation.count("crash-limit")
        return try await context.withStore(to: access, log: log, crashLimit: crashLimit) { store in
            let make: @Sendable (WorkerPost) -> Worker = { post in
                Worker(
                    store, queues: queues, concurrency: post.concurrency, grace: post.grace,
                    middleware: context.app.middleware, enqueueMiddleware: context.app.enqueueMiddleware,
                    options: post.options, handlers: handlers)
            }
            if context.invocation.has("isolate") || context.invocation.count("processes") != nil {
                try await Foreman(store, options: crew, makeWorker: make).run()
            } else {
                try await make(WorkerPost(crew)).run()
            }
            await log.finish()
            return .done
        }
    }

    private static func crew(_ context: CommandContext, _ worker: WorkerOptions) throws -> ForemanOptions {
        let invocation = context.invocation
        var crew = ForemanOptions()
        crew.worker = worker
        crew.environment = context.environment
        crew.grace = try invocation.duration("grace") ?? grace(context.environment["OFFSTAGE_GRACE"])
        crew.concurrency = invocation.count("concurrency") ?? 16
        crew.isolates = invocation.has("isolate")
        crew.processes = invocation.count("processes") ?? crew.concurrency
        if crew.isolates, invocation.count("processes") != nil {
            throw UsageError(
                "--isolate has a process for each job, as many as --concurrency says: leave --processes out")
        }
        return crew
    }

    /// Returns the grace period. `offstage up` passes one that fits into the component's stop_timeout.
    private static func grace(_ text: String?) throws -> Duration {
        guard let text, !text.isEmpty else { return .seconds(25) }
        do {
            return try DurationText.parse(text)
        } catch {
            throw UsageError("OFFSTAGE_GRACE \(error), not \(Names.quoted(text))")
        }
    }

    private static func killAfter(_ context: CommandContext) throws -> Duration {
        try context.invocation.duration("kill-after") ?? .seconds(3)
    }

    private static func programs(_ context: CommandContext, store: StoreURL) throws -> [Handler] {
        var registrations: [ProgramRegistration] = []
        if let path = context.invocation.text("handlers") {
            let bytes = try InputFile.open(path).readAll(upTo: 1 << 20)
            registrations += try HandlersFile.parse(String(decoding: bytes, as: UTF8.self), name: path)
        }
        for text in context.invocation.texts("handler") {
            do throws(HandlersFileError) {
                registrations.append(try ProgramRegistration(parsing: text))
            } catch {
                throw UsageError("--handler \(error)")
            }
        }
        var environment = context.environment
        environment[ForemanOptions.variable] = nil
        return try ProgramHandlers.make(
            registrations, environment: environment, store: store.absolute(in: ProcessEnvironment.folder()),
            grace: try killAfter(context), retry: try retry(context),
            // The foreman has checked already.
            checks: context.environment[ForemanOptions.variable] == nil)
    }

    private static func retry(_ context: CommandContext) throws -> RetryPolicy {
        guard let text = context.invocation.text("retry") else { return .standard }
        do throws(HandlersFileError) {
            return try RetryText.parse(text)
        } catch {
            throw UsageError("--retry \(error)")
        }
    }

    private static func queues(_ invocation: Invocation) throws -> WorkerQueues {
        guard let text = invocation.text("queues") else { return .all }
        let queues = try QueuesText.parse(text)
        guard queues.contains(where: { $0.weight != nil }) else { return .strict(queues.map(\.name)) }
        return .weighted(queues.map { WeightedQueue($0.name, weight: $0.weight ?? 1) })
    }

    private static func level(_ context: CommandContext) throws -> LogLevel {
        guard let name = context.invocation.text("log") ?? context.environment["OFFSTAGE_LOG"], !name.isEmpty else {
            return .info
        }
        let names = LogLevel.allCases.map(\.name)
        guard let level = LogLevel.allCases.first(where: { $0.name == name }) else {
            throw UsageError(
                "OFFSTAGE_LOG must be \(names.joined(separator: ", ")), not '\(name)'", given: name, known: names)
        }
        return level
    }
}
