// Runs the demo: an SMTP server, a worker and a web component, three processes that share only the store and a folder.
// With --kill it waits until the run is half done, as the monitor reports it, kills the worker with SIGKILL and starts
// another. All events come to one loop, and whatever ends it, all processes are stopped.

import ExampleJobs
import Foundation
import Offstage
import OffstageCLI

struct Director {
    private enum Event: Sendable {
        case ended(pid: Int32, status: Int32)
        case halfWay(RunStanding)
        case failed(String)
        case interrupted
    }

    private let options: Options
    private let folder = DemoFolder.usual
    private let runName: String
    private let store: StoreURL
    private let screen = Screen(who: "demo")
    private let events: AsyncStream<Event>
    private let report: AsyncStream<Event>.Continuation
    private var children: [ChildProcess] = []

    init(_ options: Options) throws {
        self.options = options
        runName = "demo-" + String(UInt32.random(in: 0...UInt32.max), radix: 36)
        var store = try options.store ?? StoreURL("sqlite:\(folder.database)")
        // A server may hold an app's jobs. The demo's worker must not take those, and the app's must not take the
        // demo's.
        if store.isServer, store.namespace == nil { store = try store.inNamespace(runName) }
        self.store = store
        (events, report) = AsyncStream.makeStream(of: Event.self)
    }

    /// Runs the demo and returns the exit status.
    mutating func run() async throws -> Int32 {
        let photographs = try DemoFolder.photographs(in: options.photos)
        guard photographs.count > (options.kills ? 1 : 0) else {
            throw DemoError("too few JPEG or PNG photographs in \(options.photos); try: make demo PHOTOS=a-folder")
        }
        let interruptions = Interruption.signals()
        let listener = Task { [report] in
            for await _ in interruptions { report.yield(.interrupted) }
        }
        defer { listener.cancel() }
        if store.isServer { try await DemoStore.check(store) }
        try folder.prepare(subscribers: Demo.subscribers, holding: options.kills)
        do {
            let status = try await play()
            await stopAll(within: status == Demo.interrupted ? .seconds(3) : .seconds(30))
            if status == Demo.interrupted {
                folder.remove()
                screen.say("interrupted; all processes are stopped and \(DemoFolder.shown(folder.path)) is removed")
                if store.isServer { screen.say("jobs that were enqueued stay in \(store)") }
            }
            return status
        } catch {
            await stopAll(within: .seconds(3))
            throw error
        }
    }

    private mutating func play() async throws -> Int32 {
        let server = try await MailServer.start(in: folder, onEnd: onEnd)
        children.append(server.process)
        screen.say("SMTP server on port \(server.port), pid \(server.process.pid)")
        var worker = try startWorker(server)
        screen.say("worker component, pid \(worker.pid)")
        let web = try startWeb()
        screen.say("web component, pid \(web.pid); store \(DemoFolder.shown(store.description))")
        let watch = watchForMiddle()
        defer { watch?.cancel() }

        for await event in events {
            switch event {
            case .interrupted:
                return Demo.interrupted
            case .failed(let reason):
                throw DemoError(reason)
            case .halfWay(let standing):
                worker.signal(SIGKILL)
                _ = await worker.wait()
                screen.say("killed the worker with kill -9, pid \(worker.pid), at: \(standing.line)")
                folder.release()
                worker = try startWorker(server)
                screen.say(
                    "another worker component, pid \(worker.pid); it takes over what the dead one held when the leases")
                screen.say("run out, \(DemoStore.shortLease) without a renewal in this demo (usually 20 seconds)")
            case .ended(web.pid, let status):
                return status
            case .ended(worker.pid, let status):
                throw endedAlone("worker", status)
            case .ended(server.process.pid, let status):
                throw endedAlone("smtp", status)
            case .ended:
                // This is the worker that was killed.
                continue
            }
        }
        return 1
    }

    private func endedAlone(_ component: String, _ status: Int32) -> DemoError {
        let log = DemoFolder.shown(folder.log(of: component))
        return DemoError("the process '\(component)' ended by itself with status \(status); \(log) may say why")
    }

    private func onEnd(pid: Int32, status: Int32) {
        report.yield(.ended(pid: pid, status: status))
    }

    private mutating func startWorker(_ server: MailServer) throws -> ChildProcess {
        let environment = [Mailer.variable: server.url]
        let arguments = ["worker"] + (options.kills ? ["--kill"] : [])
        return try start(arguments, log: folder.log(of: "worker"), environment: environment)
    }

    private mutating func startWeb() throws -> ChildProcess {
        let arguments = ["web", "--folder", folder.path, "--photos", options.photos, "--run", runName]
        return try start(arguments + (options.kills ? ["--kill"] : []), log: nil)
    }

    private mutating func start(
        _ arguments: [String], log: String?, environment: [String: String] = [:]
    ) throws -> ChildProcess {
        guard let program = Bundle.main.executablePath else { throw DemoError("this program cannot find itself") }
        var environment = environment
        environment[DemoStore.variable] = store.absolute(in: FileManager.default.currentDirectoryPath)
        let child = try ChildProcess(
            program, arguments, output: .shown, log: log, environment: environment, onEnd: onEnd)
        children.append(child)
        return child
    }

    /// With --kill, reads the run's records until it is half done. The jobs wait there, so that point cannot be missed.
    private func watchForMiddle() -> Task<Void, Never>? {
        guard options.kills else { return nil }
        return Task { [store, runName, report] in
            do {
                let store = try await DemoStore.open(store)
                while true {
                    let standing = try await RunStanding(of: runName, in: store)
                    if standing.isHalfWay {
                        report.yield(.halfWay(standing))
                        break
                    }
                    try await Task.sleep(for: .milliseconds(20))
                }
                await store.close()
            } catch is CancellationError {
            } catch {
                report.yield(.failed("the store cannot be watched: \(error)"))
            }
        }
    }

    /// Asks every process to stop, and kills those that still run after `limit`.
    private func stopAll(within limit: Duration) async {
        for child in children { child.signal(SIGTERM) }
        let last = Task { [children] in
            try await Task.sleep(for: limit)
            for child in children { child.signal(SIGKILL) }
        }
        for child in children { _ = await child.wait() }
        last.cancel()
    }
}
