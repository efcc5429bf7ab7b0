// Fills a small file system, with jobs or with other data, and removes jobs while no byte is free. Then there must be
// room for new jobs.
import Foundation
import OffstageCore
import OffstageSQLite
import TestProcesses

struct Clear {
    let settings: Settings

    init(_ settings: Settings) { self.settings = settings }

    func run() async throws {
        var store = try await settings.openFile()
        var next = 0
        let most = settings.number("jobs", .max)
        while next < most {
            do {
                _ = try await store.enqueue(batch(next))
                next += 50
            } catch {
                Output.say("refused \(error)")
                break
            }
        }
        if settings.isSet("reopen") {
            await store.close()
            fill(settings.text("disk") + "/junk")
            store = try await settings.openFile()
        }
        Output.say("stored \(try await store.counts().total(.available))")
        let byID = ChangeRequest(.remove, .ids(batch(0).map(\.id)))
        Output.say("by-id \(try await store.change(byID).answers.count { $0 == .removed })")
        var request = ChangeRequest(.remove, .filter(JobFilter(), after: nil))
        var removed = 0
        repeat {
            let reply = try await store.change(request)
            removed += reply.changed
            request.target = .filter(JobFilter(), after: reply.next)
            if reply.next == nil { break }
        } while true
        Output.say("removed \(removed)")
        _ = try await store.enqueue(batch(1_000_000))
        Output.say("then \(try await store.counts().total(.available))")
        await store.close()
    }

    private func batch(_ first: Int) -> [NewJob] {
        (first..<first + 50).map { number in
            var job = TortureJobs.job(number, kind: .plain)
            job.arguments = [UInt8](repeating: UInt8(ascii: "1"), count: 1000)
            return job
        }
    }

    /// Writes until there is no room for another byte.
    private func fill(_ path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        for size in [1 << 20, 4096, 1] {
            let piece = [UInt8](repeating: 7, count: size)
            while piece.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) > 0 {}
        }
    }
}
