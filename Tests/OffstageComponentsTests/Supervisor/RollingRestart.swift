// Jobs in a worker component of two processes that is restarted again and again. Each restart begins while the
// processes of the previous ones still finish their work. Every job must complete at its first attempt.
import Foundation
import OffstageCore
import Synchronization
import Testing

/// A worker component under restarts.
struct RollingRestart {
    /// The number of jobs; `seconds` is the duration of each.
    var jobs: Int
    var seconds: Int
    /// Seconds between restarts.
    var every: Int
    /// The component's stop timeout; it alone limits how long jobs may continue.
    var stopTimeout: String
    /// Whether the timeout is too short for a job, so that the job must continue from its checkpoint.
    var isInterrupted = false

    /// Restarts the component until all jobs are complete.
    func run() async throws {
        let nap = """
            done=${OFFSTAGE_JOB_CHECKPOINT:-0}
            while [ $done -lt \(seconds * 5) ]; do
                sleep 0.2; done=$((done + 1)); echo "checkpoint $done" >&3
            done
            echo $done
            """
        let app = try RunningApp(
            """
            worker.main:
              start: \(RunningApp.executable) work --handler nap='sh nap.sh' --concurrency 2; echo ended
              stop_timeout: \(stopTimeout)
              scale: 2
            data.queue: { image: redis }
            """,
            files: [
                "nap.sh": nap, "jobs": String(repeating: #"{"type":"nap"}"# + "\n", count: jobs),
            ])
        try await app.upAndReady()
        let first = Set(try await app.pids("worker.main"))
        let stored = try await app.offstage("run", "--", RunningApp.executable, "enqueue", "--bulk", "jobs")
        #expect(stored.status == 0, "\(stored.output)")

        let began = ContinuousClock.now
        // Not stopped by cancellation: a restart in progress must finish normally.
        let isOver = Atomic(false)
        async let restarts = withThrowingTaskGroup(of: (status: Int32, output: String).self) { group in
            while !isOver.load(ordering: .relaxed) {
                try await Task.sleep(for: .seconds(every))
                group.addTask { try await app.offstage("restart", "worker.main", within: 200) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        var done: [JSON] = []
        try await app.expect("the end of all jobs", within: jobs * seconds) {
            try await Task.sleep(for: .seconds(1))
            done = try await completed(app)
            return done.count == jobs
        }
        let took = began.duration(to: .now)
        isOver.store(true, ordering: .relaxed)
        let answers = try await restarts
        #expect(answers.allSatisfy { $0.status == 0 }, "\(answers)")
        #expect(answers.count >= 3)
        let states = Set(done.map { $0["attempt"]?.integerValue })
        #expect(states == [1])
        let interruptions = done.compactMap { $0["interruptions"]?.integerValue }
        #expect(interruptions.count == jobs)
        #expect(isInterrupted ? interruptions.contains { $0 > 0 } : interruptions.allSatisfy { $0 == 0 })
        #expect(done.allSatisfy { $0["last_error"] == .null })
        let last = Set(try await app.pids("worker.main"))
        #expect(last.count == 2 && first.isDisjoint(with: last))
        #expect(try await app.stop() == 0)
        print(
            "rolling restart: \(jobs) jobs of \(seconds) s, \(answers.count) restarts every \(every) s, stop_timeout"
                + " \(stopTimeout): \(done.count) completed, attempts \(states.compactMap(\.self)), interrupted"
                + " \(interruptions.reduce(0, +)) times, in \(took.components.seconds) s")
    }

    private func completed(_ app: RunningApp) async throws -> [JSON] {
        let answer = try await app.offstage(
            "run", "--", RunningApp.executable, "jobs", "--json", "--state", "completed", "--limit", "100")
        return try answer.output.split(separator: "\n").map { try JSON.parse(Array($0.utf8)) }
    }
}
