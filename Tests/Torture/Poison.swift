// What a foreman promises on any store, with real processes and real crashes (promise 7): whatever a job does to its
// process, the other jobs complete as if it did not exist.
import Foundation
import OffstageCore
import OffstageTesting
import TestProcesses
import Testing

/// The tests of poison jobs, on the store with the given address; nil for a new file.
struct Poison {
    let address: String?

    init(_ address: String? = nil) { self.address = address }

    /// Makes a crew with a store, and ends it however the test ends.
    func withCrew(_ act: (Crew, any Store) async throws -> Void) async throws {
        let crew = try Crew(store: address)
        defer { crew.end() }
        let store = try await AnyStore.open(crew.store, lease: .seconds(20))
        try await act(crew, store)
        await store.close()
    }

    /// Enqueues jobs in batches.
    static func enqueue(_ jobs: [NewJob], in store: any Store) async throws {
        for start in stride(from: 0, to: jobs.count, by: Limits.batch) {
            _ = try await store.enqueue(Array(jobs[start..<min(jobs.count, start + Limits.batch)]))
        }
    }

    /// The records of jobs by their numbers, in order.
    static func records(_ numbers: some Sequence<Int>, in store: any Store) async throws -> [JobRecord] {
        let ids = numbers.map { TortureJobs.id($0) }
        var records: [JobRecord] = []
        for start in stride(from: 0, to: ids.count, by: Limits.batch) {
            let found = try await store.find(Array(ids[start..<min(ids.count, start + Limits.batch)]))
            records += found.compactMap(\.self)
        }
        return records
    }

    /// Among many good jobs, a few end their process, each in a different way: they are found, and no other job
    /// suffers.
    func aFewAmongMany(_ jobs: Int) async throws {
        try await withCrew { crew, store in
            let spots = [jobs / 50, jobs / 5, jobs / 3, jobs / 2, jobs * 4 / 5]
            let poison = Dictionary(uniqueKeysWithValues: zip(spots, [Deed.trap, .trap, .trap, .kill, .eat]))
            try await Self.enqueue((0..<jobs).map { (poison[$0] ?? .good).job($0) }, in: store)
            let foreman = try crew.start(
                "lead",
                [
                    "processes": "2", "concurrency": "8", "drain": "", "memory": "640",
                    "log": crew.folder.file("runs.log"),
                ])
            #expect(try await foreman.ends(within: .seconds(120)) == 0, "\(foreman.log.suffix(5))")

            let records = try await Self.records(0..<jobs, in: store)
            #expect(records.count == jobs)
            for (number, record) in records.enumerated() {
                if let deed = poison[number] {
                    #expect(record.state == .discarded, "\(deed) is \(record.state)")
                    // Three crashes alone, and the one that made it a suspect.
                    #expect(record.crashes == 4, "\(deed) crashed \(record.crashes) times")
                    try check(record, deed)
                } else if record.state != .completed || record.attempt != 1 || record.crashes > 1 {
                    Issue.record("a good job is \(record.state), attempt \(record.attempt), \(record.crashes) crashes")
                }
            }
            let bystanders = records.enumerated().count { poison[$0] == nil && $1.crashes > 0 }
            #expect(bystanders <= 5 * 15, "\(bystanders) good jobs died with a bad one")
            let counts = try await store.counts()
            #expect((counts.total(.completed), counts.total(.discarded)) == (jobs - 5, 5))
            let crashes = poison.keys.map { records[$0].crashes }
            Crew.say(
                "poison: of \(jobs) jobs \(counts.total(.completed)) completed at attempt 1, \(bystanders) of them"
                    + " beside a crash; \(counts.total(.discarded)) discarded after \(crashes) crashes")
        }
    }

    private func check(_ record: JobRecord, _ deed: Deed) throws {
        let autopsy = try #require(record.errors.last)
        #expect(autopsy.kind == .crash)
        let text = autopsy.message
        #expect(text.contains(", alone"), "\(text)")
        #expect(text.contains("peak memory"), "\(text)")
        switch deed {
        case .trap:
            #expect(text.hasPrefix("the process was killed by signal"), "\(text)")
            #expect(text.contains("Fatal error: \(Deed.lastWords)"), "\(text)")
            #expect(text.contains("last progress 0.25 a quarter"), "\(text)")
        case .kill: #expect(text.hasPrefix("the process was killed by signal 9 (SIGKILL)"), "\(text)")
        case .eat:
            #expect(text.contains("of 640 MiB"), "\(text)")
            #expect(text.contains("allocate"), "\(text)")
        case .good, .exit, .slow, .block, .chatty: Issue.record("\(deed) died")
        }
    }
}
