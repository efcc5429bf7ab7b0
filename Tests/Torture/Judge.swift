// What must be true of a store after a test, whatever was killed or frozen during it: every accepted job is accounted
// for, the maintained counts are correct, and each record contains the result of the last run that had a lease, and of
// no other.
import Foundation
import OffstageCore
import TestProcesses
import Testing

/// Checks a store at the end of a test.
struct Judge {
    let store: any Store
    let runs: [RunLine]
    private(set) var records: [JobID: JobRecord] = [:]

    /// Reads all records and the runs' log.
    init(_ store: any Store, runLog: String) async throws {
        self.store = store
        let text = (try? String(contentsOfFile: runLog, encoding: .utf8)) ?? ""
        runs = text.split(separator: "\n").compactMap { RunLine($0) }
        var cursor: String?
        repeat {
            let page = try await store.list(JobFilter(), after: cursor, limit: 1000)
            for record in try await store.find(page.records.map(\.id)) {
                if let record { records[record.id] = record }
            }
            cursor = page.next
        } while cursor != nil
    }

    func records(_ kind: TortureKind) -> [JobRecord] { records.values.filter { $0.type == kind.rawValue } }

    /// Checks that the maintained counts match the records.
    func countsAreTrue() async throws {
        let counts = try await store.counts()
        for state in JobState.allCases {
            let real = records.values.count { $0.state == state }
            #expect(counts.total(state) == real, "\(state.name): counted \(counts.total(state)), there are \(real)")
        }
        #expect(try await store.examine().allSatisfy { $0.level < .error })
    }

    /// Checks that every accepted job exists, and no other.
    func accountsFor(accepted: Set<Int>, duplicates: Set<Int>, removed: Set<Int>) {
        let there = Set(records.keys.compactMap { TortureJobs.number($0) })
        #expect(accepted.subtracting(removed).subtracting(there).isEmpty, "accepted and lost")
        #expect(there.subtracting(accepted).isEmpty, "there and never accepted")
        #expect(there.isDisjoint(with: removed), "removed and still there")
        #expect(accepted.isDisjoint(with: duplicates))
    }

    /// Checks that parents' children and chains' links exist exactly once, whatever happened to their parents and
    /// chains.
    func familiesAreWhole() {
        let children = Dictionary(grouping: records(.child)) { $0.parent }
        for parent in records(.parent) where parent.state == .completed {
            let expected = Set((0..<TortureJobs.children).map { JobID(childOf: parent.id, key: "child-\($0)") })
            #expect(Set(children[parent.id, default: []].map(\.id)) == expected, "the children of \(parent.id)")
        }
        let parents = Set(records(.parent).map(\.id))
        #expect(children.keys.allSatisfy { $0.map { parents.contains($0) } ?? false })
        let links = Dictionary(grouping: records(.link)) { $0.parent }
        for chain in records(.chain) {
            #expect(
                links[chain.id, default: []].count == (chain.state == .completed ? 1 : 0), "the link of \(chain.id)")
        }
    }

    /// Checks that each completed record contains the result of a run that really returned. With `exact` (workers that
    /// do not prefetch) every grant of a job has a separate number: no two runs share one, and the record's is the
    /// highest.
    func noStaleEndWasAccepted(exact: Bool) {
        var byJob: [JobID: [RunLine]] = [:]
        for run in runs { byJob[run.job, default: []].append(run) }
        for record in records.values where record.state == .completed {
            let result = record.result.map { String(decoding: $0, as: UTF8.self) } ?? "null"
            let mine = byJob[record.id, default: []]
            let believed = mine.first { $0.kind == .end && "\"\($0.nonce)\"" == result }
            guard let believed else {
                Issue.record("\(record.id) completed with \(result), which no run returned")
                continue
            }
            #expect(believed.attempt == record.attempt)
            guard exact else { continue }
            let last = mine.map(\.generation).max() ?? -1
            #expect(believed.generation == last, "\(record.id) believed grant \(believed.generation) of \(last)")
        }
        guard exact else { return }
        for (job, runs) in byJob {
            var nonces: [Int: String] = [:]
            for run in runs {
                let known = nonces.updateValue(run.nonce, forKey: run.generation)
                #expect(known == nil || known == run.nonce, "two leases at once on \(job)")
            }
        }
    }
}
