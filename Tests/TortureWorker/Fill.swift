// Enqueues until a file may not grow any more (RLIMIT_FSIZE) or its small file system is full. Prints what was refused
// and how much is stored, and continues with the same batch once files may grow again.
import Foundation
import OffstageCore
import OffstageSQLite
import OffstageSystem
import TestProcesses

struct Fill {
    let settings: Settings

    init(_ settings: Settings) { self.settings = settings }

    func run() async throws {
        let store = try await settings.openFile()
        signal(SIGXFSZ, SIG_IGN)
        if settings.isSet("limit") { try limit(to: rlim_t(settings.number("limit", 1_000_000))) }
        var next = 0
        while true {
            do {
                _ = try await store.enqueue(batch(next))
                next += 50
            } catch {
                Output.say("refused \(error)")
                break
            }
        }
        Output.say("stored \(try await store.counts().total(.available))")
        let ofBatch = try await store.find(batch(next).map(\.id)).count { $0 != nil }
        Output.say("half-stored \(ofBatch)")
        do { _ = try await store.enqueue(batch(next)) } catch { Output.say("again \(error)") }
        await wait(store)
        if settings.isSet("limit") { try limit(to: nil) } else { try grow() }
        _ = try await store.enqueue(batch(next))
        Output.say("then \(try await store.counts().total(.available))")
        await store.close()
    }

    /// Many waiters use the pages of the wake file one after the other; none of them may need free space.
    private func wait(_ store: SQLiteStore) async {
        let waiters = (0..<200).map { _ in store.makeWaiter(for: WorkSelection(queues: nil, types: ["plain"])) }
        for waiter in waiters { waiter.arm() }
        for waiter in waiters { waiter.close() }
        Output.say("waited")
    }

    /// Enlarges the small file system.
    private func grow() throws {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/mount")
        process.arguments = ["-o", "remount,size=64m", settings.text("disk")]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Trouble("the small file system does not grow") }
    }

    private func batch(_ first: Int) -> [NewJob] {
        (first..<first + 50).map { number in
            var job = TortureJobs.job(number, kind: .plain)
            job.arguments = [UInt8](repeating: UInt8(ascii: "1"), count: 1000)
            return job
        }
    }

    private func limit(to bytes: rlim_t?) throws {
        var limits = rlimit()
        let which = LibC.fileSizeLimit
        guard getrlimit(which, &limits) == 0 else { throw Trouble("getrlimit") }
        limits.rlim_cur = bytes ?? limits.rlim_max
        guard setrlimit(which, &limits) == 0 else { throw Trouble("setrlimit") }
    }
}
