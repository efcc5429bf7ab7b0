// `offstage up`: runs the app of a boxfile in this console until it is told to stop. Everything it started has ended
// when it returns, and also after it is killed.
import CSystem
import OffstageComponents
import OffstageCore
import OffstageSystem
import OffstageWorker

/// The command that runs an app.
enum UpCommand {
    static let spec = CommandSpec(
        "up", "run the app of a boxfile.yml: data, then web, then workers",
        details:
            "Each kind is started when the one before is up. Web components are reached at one port, by their routes."
            + " A process that ends is started again; one that keeps dying is reported and tried once a minute."
            + "\nCtrl-C or SIGTERM: workers, then web, then data are told to stop and have their stop_timeout; a second"
            + " signal kills them at once. Other commands reach a running app in the same folder: ps, scale, restart,"
            + " logs, down, run.",
        options: [
            AppFolder.option,
            .value("port", "[ADDRESS:]PORT", .text, "where web components are reached (8080, on all addresses)"),
        ],
        run: run)

    private enum Event: Sendable {
        case isUp
        case failed(String)
        case signal(String)
        case down
    }

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        let boxfile = try AppFolder.boxfile(context)
        let folders = try AppFolder.preparedFolders(context)
        var options = SupervisorOptions()
        options.surroundings = context.environment
        if let text = context.invocation.text("port") { (options.address, options.port) = try address(text) }
        let pulse = WorkerPulse(time: context.time)
        options.heartbeats = { await pulse.heartbeats($0) }
        let lock = try lock(folders)
        // Each process takes four descriptors here, more than the usual soft limit allows for.
        offstage_raise_open_files()
        let view = LogView(
            style: context.output.style, names: boxfile.order.map(\.description), json: context.invocation.wantsJSON,
            isForTerminal: context.output.isTerminal)
        let output = context.output
        let logs = try LogPump(folder: folders.logs, time: context.time) { lines in
            // Keep the app running if the reader closes the console output; the logs are also in files.
            for line in lines { try? output.results(view.bytes(line)) }
            try? output.flush()
        }
        let supervisor = Supervisor(
            boxfile, folders: folders, options: options, logs: logs, lock: lock, time: context.time)
        if !boxfile.workers.isEmpty {
            for line in KernelSupport.read().missing { logs.say("isolation: \(line)") }
            if folders.isStateInApp {
                logs.say(
                    "isolation: workers cannot list \(folders.app), as .offstage lies in it; see docs/isolation.md")
            }
        }
        let status = try await serve(supervisor, folders, logs, context, port: options.port)
        await pulse.close()
        // Do not stay alive for a console that has stopped reading; the files have everything written until then.
        if await !logs.finish(within: .seconds(2)) { _exit(status.rawValue) }
        return status
    }

    private static func serve(
        _ supervisor: Supervisor, _ folders: AppFolders, _ logs: LogPump, _ context: CommandContext, port: Int
    ) async throws -> ExitStatus {
        let (events, continuation) = AsyncStream<Event>.makeStream()
        let watch = ProcessSignals.watch([.stop, .interrupt, .hangup]) { continuation.yield(.signal($0.name)) }
        defer { watch.stop() }
        let control = try ControlServer(folders, time: context.time) { request in
            if request == .down { continuation.yield(.down) }
            return await supervisor.answer(request)
        }
        let start = Task {
            do {
                try await supervisor.up()
                continuation.yield(.isUp)
            } catch {
                continuation.yield(.failed("\(error)"))
            }
        }
        var status = ExitStatus.done
        var signals = 0
        loop: for await event in events {
            switch event {
            case .isUp: logs.say(await supervisor.hasWeb ? "everything is up, at port \(port)" : "everything is up")
            case .failed(let reason):
                logs.say("cannot go on: \(reason)")
                status = .failed
                break loop
            case .signal(let name):
                logs.say("\(name): stopping")
                signals = 1
                break loop
            case .down:
                logs.say("offstage down: stopping")
                break loop
            }
        }
        let impatience = Task { [signals] in
            var signals = signals
            for await event in events {
                guard case .signal(let name) = event else { continue }
                signals += 1
                // The keepers kill everything when this process ends.
                if signals > 1 { _exit(ExitStatus.failed.rawValue) }
                logs.say("\(name): stopping already; another signal kills everything at once")
            }
        }
        await supervisor.stop()
        await start.value
        impatience.cancel()
        await control.stop()
        logs.say("everything is stopped")
        return status
    }

    private static func lock(_ folders: AppFolders) throws -> FolderLock {
        if let lock = try FolderLock.take(folders.lock, by: "offstage up") { return lock }
        let holder = FolderLock.holder(folders.lock)
        if let holder, holder.command == "offstage run" {
            throw CommandFailure(
                "offstage run, process \(holder.process), has the data components of \(folders.app) up; end it first")
        }
        let process = holder.map { ", as process \($0.process)" } ?? ""
        throw CommandFailure("offstage up runs in \(folders.app) already\(process); stop it with offstage down")
    }

    static func address(_ text: String) throws -> (String, Int) {
        let colon = text.lastIndex(of: ":")
        let port = colon.map { String(text[text.index(after: $0)...]) } ?? text
        let address = colon.map { String(text[..<$0]) } ?? ""
        guard let number = Int(port), (1...65_535).contains(number) else {
            throw UsageError("--port must be a number from 1 to 65535, or ADDRESS:PORT, not '\(text)'")
        }
        let isAddress = address.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "'") }
        guard isAddress else { throw UsageError("--port has no address before its colon: '\(text)'") }
        return (address, number)
    }
}
