// The data components that an `offstage run` uses: those of an `offstage up` or another `run` in the folder, or its
// own. It shares its own with other consoles over the control socket while it runs.
import OffstageComponents
import OffstageCore
import OffstageSystem

/// The data components of one `offstage run`.
struct RunData {
    /// The variables that lead to them.
    let environment: [String: String]
    private var own: (supervisor: Supervisor, logs: LogPump, control: ControlServer)?

    /// The holder of the app's folder: another process, with its data variables, or this process, with its lock.
    enum Holder {
        case other([String: String])
        case this(FolderLock)
    }

    /// Returns the holder of the folder. Waits up to a minute for a process that is starting or stopping.
    static func holder(of folders: AppFolders, time: any TimeSource) async throws -> Holder {
        for round in 0..<600 {
            if round > 0 { try await time.sleep(for: .milliseconds(100)) }
            if let answer = try await ControlClient.ask(.environment, folders) {
                guard case .object(let members)? = answer["environment"] else { return .other([:]) }
                let pairs = members.compactMap { member in member.value.stringValue.map { (member.name, $0) } }
                return .other(Dictionary(pairs, uniquingKeysWith: { $1 }))
            }
            if let lock = try FolderLock.take(folders.lock, by: "offstage run") { return .this(lock) }
        }
        let holder = FolderLock.holder(folders.lock).map { "\($0.command), process \($0.process)," } ?? "somebody"
        throw CommandFailure("\(holder) has held \(folders.app) for a minute, and does not answer")
    }

    /// Uses the data components of another process.
    init(environment: [String: String]) {
        self.environment = environment
    }

    /// Starts the app's own data components and waits until they are up. Other processes can ask for them from the
    /// start.
    init(_ console: ConsoleRun, lock: FolderLock, _ context: CommandContext) async throws {
        let logs = try LogPump(folder: console.folders.logs, time: context.time) { _ in }
        let supervisor = Supervisor(
            console.boxfile, folders: console.folders, options: console.options, logs: logs, lock: lock,
            time: context.time)
        let app = console.folders.app
        let control = try ControlServer(console.folders, time: context.time) { request in
            switch request {
            case .list, .environment: return await supervisor.answer(request)
            case .scale, .restart, .down:
                return ControlReply.failure(
                    "no offstage up runs in \(app), only the data components of offstage run, process \(getpid()),"
                        + " which end with it")
            }
        }
        do {
            try await supervisor.startData()
        } catch {
            await supervisor.stop()
            await control.stop()
            await logs.finish()
            throw error
        }
        environment = await supervisor.dataEnvironment
        own = (supervisor, logs, control)
        if !environment.isEmpty, isatty(2) == 1 {
            context.output.message("the data components are up until this ends; other consoles can use them until then")
        }
    }

    /// Stops those that were started here.
    func stop(_ context: CommandContext) async {
        guard let own else { return }
        await own.control.stop()
        await own.supervisor.stop()
        await own.logs.finish()
    }
}
