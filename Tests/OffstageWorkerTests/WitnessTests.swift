// An observer of a worker's process learns what runs in it, and the worker takes as many suspects as the observer
// allows.
import OffstageCore
import OffstageMemory
import OffstageTesting
import OffstageWorker
import Testing

@Suite(.timeLimit(.minutes(1))) struct WitnessTests {
    private struct Broken: Error {}

    private final class Recording: RunWitness {
        let said = Box<[String]>([])
        let running = Box<[Int: JobID]>([:])
        let clashes = Box(0)

        func introduces(_ worker: WorkerID?) { said.change { $0.append(worker == nil ? "gave up" : "introduced") } }

        func isReady() { said.change { $0.append("ready") } }

        func begins(_ job: ReservedJob, in slot: Int) {
            said.change { $0.append("begins") }
            let clash = running.change { $0.updateValue(job.id, forKey: slot) != nil }
            if clash { clashes.change { $0 += 1 } }
        }

        func reports(_ progress: Progress, in slot: Int) {
            said.change { $0.append("\(progress.fraction) \(progress.note)") }
            if running.value[slot] == nil { clashes.change { $0 += 1 } }
        }

        func ends(in slot: Int) {
            said.change { $0.append("ends") }
            running.change { $0[slot] = nil }
        }

        func hasRetired() { said.change { $0.append("retired") } }

        func suspectWaits() { said.change { $0.append("suspect") } }
    }

    /// Makes a job that has crashed once.
    private func suspect(in store: MemoryStore) async throws -> JobID {
        let id = try await store.put(newJob("x"))[0]
        let worker = WorkerID(bits: 1)
        let reserved = try await store.reserve(
            ReserveRequest(
                worker: worker, selection: WorkSelection(queues: nil, types: ["x"]), limit: 1, startNow: 1, holding: 0,
                firstCounter: 1, suspects: .never)
        ).jobs
        let crashed = CrashedAttempt(
            token: reserved[0].token, startedAgoMicroseconds: 0, autopsy: Failure(.crash, "a test said so"))
        #expect(try await store.retire(worker, crashed: [crashed]) == [.accepted])
        return id
    }

    @Test func aJobIsTheWitnesssUntilItsHooksAreOver() async throws {
        let store = memoryStore()
        let witness = Recording()
        _ = try await store.put(newJob("x") { $0.maxAttempts = 1 })
        let worker = Worker(
            store,
            options: testOptions {
                $0.drain = true
                $0.witness = witness
                $0.onError = [{ _, _ in witness.said.change { $0.append("hook") } }]
            }
        ) {
            Handler(raw: "x") { _, context in
                try await context.report(progress: 0.5, "half")
                throw Broken()
            }
        }
        try await worker.run()
        #expect(witness.said.value == ["introduced", "ready", "begins", "0.5 half", "hook", "ends", "retired"])
    }

    @Test func eachSlotHasOneJobAtATime() async throws {
        let store = memoryStore()
        let witness = Recording()
        _ = try await store.enqueue((0..<500).map { _ in newJob("x") })
        let worker = Worker(
            store, concurrency: 4,
            options: testOptions {
                $0.drain = true
                $0.witness = witness
            }
        ) {
            Handler(raw: "x") { job, context in
                if job.id.low % 7 == 0 { try await context.report(progress: 1) }
                await Task.yield()
                return nil
            }
        }
        try await worker.run()
        #expect(witness.said.value.count { $0 == "begins" } == 500)
        #expect(witness.said.value.count { $0 == "ends" } == 500)
        #expect(witness.running.value.isEmpty)
        #expect(witness.clashes.value == 0)
    }

    @Test func whoTakesNoSuspectsSaysThatOneWaitsAndGoesOn() async throws {
        let store = memoryStore()
        let witness = Recording()
        let id = try await suspect(in: store)
        let others = try await store.put(newJob("x"), newJob("x"))
        let ran = Box<[JobID]>([])
        let worker = Worker(
            store,
            options: testOptions {
                $0.suspects = .never
                $0.witness = witness
            }
        ) {
            Handler(raw: "x") { job, _ in
                ran.change { $0.append(job.id) }
                return nil
            }
        }
        try await running(worker) {
            try await eventually("the others are done") { ran.value.count == 2 }
            try await eventually("told") { witness.said.value.contains("suspect") }
        }
        #expect(Set(ran.value) == Set(others))
        #expect(try await store.state(id) == .available)
    }

    @Test func whoTakesOnlySuspectsEndsWhenThereAreNone() async throws {
        let store = memoryStore()
        let suspects = [try await suspect(in: store), try await suspect(in: store)]
        let other = try await store.put(newJob("x"))[0]
        let ran = Box<[JobID]>([])
        let worker = Worker(store, concurrency: 1, options: testOptions { $0.suspects = .only }) {
            Handler(raw: "x") { job, _ in
                ran.change { $0.append(job.id) }
                return nil
            }
        }
        try await worker.run()
        #expect(ran.value == suspects)
        #expect(try await store.state(other) == .available)
    }

    @Test(arguments: [false, true]) func whatTheStoreDidNotTakeBackIsNotSaidToBe(_ fails: Bool) async throws {
        let witness = Recording()
        let store = FaultyStore(memoryStore()) { fails && $0 == .retire ? .failed : .none }
        let worker = Worker(
            store,
            options: testOptions {
                $0.drain = true
                $0.witness = witness
            }
        ) { Handler(raw: "x") { _, _ in nil } }
        try await worker.run()
        #expect(witness.said.value == (["introduced", "ready"] + (fails ? [] : ["retired"])))
    }

    @Test func theLastEndIsWaitedForBeyondThePatienceIfThatIsAsked() async throws {
        let memory = memoryStore()
        let id = try await memory.put(newJob("x"))[0]
        let hasRun = Box(false)
        let end = Box<Int64?>(nil)
        let clock = SystemTime()
        // The store is unavailable from the job's end on, for longer than the patience.
        let store = FaultyStore(memory) { verb in
            guard verb == .settle, hasRun.value else { return .none }
            let until = end.change { end in
                if end == nil { end = clock.monotonicMicroseconds() + 600_000 }
                return end ?? 0
            }
            return clock.monotonicMicroseconds() < until ? .failed : .none
        }
        let stop = Box<Worker?>(nil)
        let worker = Worker(
            store,
            options: testOptions {
                $0.patience = .milliseconds(50)
                $0.settlePatience = .seconds(20)
            }
        ) {
            Handler(raw: "x") { _, _ in
                hasRun.change { $0 = true }
                stop.value?.shutdown()
                return nil
            }
        }
        stop.change { $0 = worker }
        try await worker.run()
        #expect(try await memory.state(id) == .completed)
    }
}
