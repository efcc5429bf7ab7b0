// Which suspects a worker asks for, in isolation: no store, no tasks, and the clock is a number.
import OffstageCore
import Testing

@testable import OffstageWorker

@Suite(.timeLimit(.minutes(1))) struct SuspectTests {
    /// A watch with one worker's reservations: what they ask for, and what they return.
    private struct Watch {
        var watch = SuspectWatch(patience: 1000...5000, room: 10_000)
        var now: Int64 = 0

        /// Makes a reservation; returns what it asked for.
        @discardableResult
        mutating func reserve(
            holding: Int = 0, waiting: Bool = false, hasTurn: Bool = false, suspect: Bool = false, jobs: Int = 0
        ) -> SuspectWatch.Wish {
            let wish = watch.wish(at: now)
            var reservation = Reservation()
            reservation.jobs = (0..<UInt64(suspect ? 1 : jobs)).map { Self.job($0 + 1, isSuspect: suspect) }
            reservation.suspectWaiting = waiting
            reservation.hasTurn = hasTurn
            watch.saw(reservation, for: wish, holding: holding, at: now, fraction: 0.5)
            return wish
        }

        private static func job(_ counter: UInt64, isSuspect: Bool) -> ReservedJob {
            let token = Token(
                job: JobID(high: 0, low: counter), attempt: 1, worker: WorkerID(bits: 7), counter: counter, locator: 0)
            var job = ReservedJob(
                token: token, type: "x", queue: "default", arguments: [], priority: 4, maxAttempts: 20,
                enqueuedAt: Timestamp(microseconds: 0), runAt: Timestamp(microseconds: 0))
            job.isSuspect = isSuspect
            return job
        }

        mutating func run(suspectFor time: Int64) {
            reserve(suspect: true)
            now += time
            watch.nothingRuns()
            _ = watch.holdsBack(at: now, holding: 0)
        }
    }

    private let alone = SuspectWatch.Wish(choice: .alone)
    private let turn = SuspectWatch.Wish(choice: .alone, turn: 10_000)
    private let never = SuspectWatch.Wish(choice: .never)

    @Test func asksForTheTurnAfterAWhileAndMakesRoomForAWhile() throws {
        var watch = Watch()
        #expect(watch.reserve(holding: 3, waiting: true) == alone)
        watch.now = 2999
        #expect(watch.reserve(holding: 3, waiting: true) == alone)
        watch.now = 3000
        #expect(watch.watch.holdsBack(at: watch.now, holding: 3) == false, "it has no turn yet")
        #expect(watch.reserve(holding: 3, waiting: true, hasTurn: true) == turn)
        #expect(watch.watch.holdsBack(at: 3000, holding: 3) == true)
        #expect(watch.watch.holdsBack(at: 3000, holding: 0) == false, "it asks once it is empty")
        #expect(watch.watch.holdsBack(at: 12_999, holding: 1) == true)
        watch.now = 13_000
        #expect(
            watch.watch.holdsBack(at: 13_000, holding: 1) == false,
            "a handler that runs for a day must not stop the others")
        watch.now = 20_000
        #expect(watch.reserve(holding: 1, waiting: true) == alone)
        #expect(watch.watch.holdsBack(at: 20_000, holding: 1) == false)
    }

    @Test func asksAgainALittleLaterIfItIsAnothersTurn() {
        var watch = Watch()
        watch.reserve(holding: 3, waiting: true)
        watch.now = 3000
        #expect(watch.reserve(holding: 3, waiting: true) == turn)
        #expect(watch.watch.holdsBack(at: 3000, holding: 3) == false)
        #expect(watch.watch.pause(at: 3000) == 1500)
        watch.now = 4499
        #expect(watch.reserve(waiting: true) == never)
        watch.now = 4500
        #expect(watch.reserve(waiting: true, jobs: 2) == alone)
        #expect(watch.reserve(waiting: true) == never, "an empty worker was passed over")
    }

    @Test func suspectThatIsGoneIsForgotten() {
        var watch = Watch()
        watch.reserve(holding: 3, waiting: true)
        watch.now = 500
        watch.reserve(holding: 3)
        watch.now = 5000
        #expect(watch.reserve(holding: 3, waiting: true) == alone)
    }

    @Test func owesOrdinaryJobsTheTimeThatASuspectTook() {
        var watch = Watch()
        watch.run(suspectFor: 60_000)
        for _ in 0..<59 {
            watch.now += 1000
            #expect(watch.reserve(waiting: true, jobs: 1) == never)
            #expect(watch.watch.holdsBack(at: watch.now, holding: 1) == false)
        }
        watch.now += 1000
        #expect(watch.reserve(suspect: true) == alone)
    }

    @Test func owesNothingIfThereIsNothingElseToDo() {
        var watch = Watch()
        watch.run(suspectFor: 60_000)
        #expect(watch.reserve(waiting: true) == never)
        watch.now += 9999
        #expect(watch.watch.pause(at: watch.now) == 1)
        #expect(watch.reserve(waiting: true) == never)
        watch.now += 1
        #expect(watch.reserve(waiting: true) == alone)

        watch.run(suspectFor: 60_000)
        #expect(watch.reserve(waiting: true) == never)
        watch.now += 9999
        watch.reserve(waiting: true, jobs: 1)
        watch.now += 1
        #expect(watch.reserve(holding: 1, waiting: true) == never, "somebody else's job came in between")
        watch.watch.forgive()
        #expect(watch.reserve(waiting: true) == alone)
    }

    @Test func aQuarantineTakesOneAfterTheOther() {
        var watch = Watch(watch: SuspectWatch(.only, patience: 1000...5000, room: 10_000))
        watch.run(suspectFor: 60_000)
        #expect(watch.reserve(waiting: true) == SuspectWatch.Wish(choice: .only))
    }
}
