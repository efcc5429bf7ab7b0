// `why` has an answer for every state, and names what is in the way.
import OffstageCore
import Testing

@testable import OffstageCLI

@Suite struct WhyTests {
    private let now = Timestamp(microseconds: 1_800_000_000_000_000)

    private func standing(_ state: JobState, runIn seconds: Int = 0) -> JobStanding {
        var record = JobRecord(id: JobID(high: 1, low: 2), type: "t", runAt: now + .seconds(seconds), enqueuedAt: now)
        record.state = state
        record.queue = "q"
        return JobStanding(record: record, at: now)
    }

    private func worker(types: [String] = ["t"], queues: [String]? = nil, isQuiet: Bool = false) -> WorkerRecord {
        let status = WorkerStatus(
            id: WorkerID(bits: 7), host: "h", pid: 1, startedAt: now, queues: queues, types: types, concurrency: 1,
            isQuiet: isQuiet)
        return WorkerRecord(status: status, seenAt: now, running: [], held: 0)
    }

    @Test func everyStateHasAnAnswer() {
        for state in JobState.allCases {
            #expect(!Why(standing(state), workers: []).text.isEmpty)
        }
    }

    @Test func theFirstObstacleIsNamed() {
        #expect(Why(standing(.scheduled, runIn: 60), workers: []).reason == .notDue)
        #expect(Why(standing(.scheduled, runIn: 60), workers: []).until == now + .seconds(60))
        #expect(Why(standing(.retryable, runIn: 60), workers: []).reason == .retryAt)
        var paused = standing(.available)
        paused.isPaused = true
        #expect(Why(paused, workers: [worker()]).reason == .paused)
        #expect(Why(paused, workers: [worker()]).by == ["q"])
        var held = standing(.held)
        held.predecessor = JobID(high: 3, low: 4)
        #expect(Why(held, workers: []).by == [JobID(high: 3, low: 4).description])
        var leased = standing(.running)
        leased.record.worker = WorkerID(bits: 7)
        leased.record.leaseUntil = now + .seconds(20)
        let answer = Why(leased, workers: [worker()])
        #expect(answer.reason == .leased)
        #expect(answer.by == [WorkerID(bits: 7).description])
        #expect(answer.until == now + .seconds(20))
    }

    @Test func aDueJobWaitsForAWorkerThatCanTakeIt() {
        let due = standing(.available)
        for (workers, words) in [
            ([], "no worker is running"), ([worker(types: ["u"])], "knows its type"),
            ([worker(queues: ["other"])], "serves its queue"), ([worker(isQuiet: true)], "quiet"),
        ] {
            let answer = Why(due, workers: workers)
            #expect(answer.reason == .noWorker)
            #expect(answer.text.contains(words), "\(answer.text)")
        }
        var behind = due
        behind.ahead = 1000
        #expect(Why(behind, workers: [worker()]).text.contains("behind at least 1,000 due jobs"))
        behind.ahead = 1
        #expect(Why(behind, workers: [worker()]).text.contains("behind 1 due job of"))
        #expect(Why(due, workers: [worker(queues: ["q"])]).text.contains("next"))
    }
}
