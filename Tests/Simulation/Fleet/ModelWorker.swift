// The smallest worker that the protocol allows: it renews every five seconds, settles and reserves in one call, sends
// again what got no answer, gives up what it could not renew, and makes room for suspects. It takes one action per
// turn, so a seed determines everything.
import OffstageCore
import OffstageTesting

/// A worker of the simulated fleet.
struct ModelWorker {
    private struct Held {
        let job: ReservedJob
        let endsAt: Int64
        var isCancelled = false
    }

    private(set) var id: WorkerID
    let store: any Store
    let time: ManualTime
    private var counter: UInt64 = 1
    private var held: [Held] = []
    private var unsettled: [Settlement] = []
    private var renewedAt: Int64
    private var isMakingRoom = false
    private var frozenUntil: Int64 = 0

    init(id: WorkerID, store: any Store, time: ManualTime) {
        self.id = id
        self.store = store
        self.time = time
        renewedAt = time.monotonicMicroseconds()
    }

    /// Replaces the worker by a new one; the jobs that it held are forgotten.
    mutating func crash(as id: WorkerID) {
        self = ModelWorker(id: id, store: store, time: time)
    }

    /// Returns crash reports for up to `most` of the jobs that it holds.
    func report(_ most: UInt64) -> [CrashedAttempt] {
        held.prefix(Int(most)).map {
            CrashedAttempt(token: $0.job.token, startedAgoMicroseconds: 0, autopsy: Failure(.crash, "h: signal 11"))
        }
    }

    /// Pauses the worker for a while. When it continues, it assumes that no time has passed.
    mutating func freeze(for duration: Duration) { frozenUntil = time.monotonicMicroseconds() + duration.microseconds }

    /// Takes one action. After a store error everything is sent again later.
    mutating func turn(_ random: inout SeededRandom) async {
        let now = time.monotonicMicroseconds()
        guard now >= frozenUntil else { return }
        let hasJustWoken = frozenUntil > 0
        frozenUntil = 0
        // A worker that was frozen between reading the clock and the call settles first: the lease token must protect
        // against that.
        if !hasJustWoken, now - renewedAt >= 15_000_000 { giveUp(&random) }
        do {
            if !hasJustWoken, now - renewedAt >= 5_000_000 {
                try await renew()
            } else {
                try await settleAndReserve(&random)
            }
        } catch {}
    }

    private mutating func giveUp(_ random: inout SeededRandom) {
        for held in held { unsettled.append(Self.end(held.job, .leaseLost, &random)) }
        held = []
        renewedAt = time.monotonicMicroseconds()
    }

    private mutating func renew() async throws {
        let sentAt = time.monotonicMicroseconds()
        let tokens = held.map(\.job.token) + unsettled.map(\.token)
        let reply = try await store.renew(RenewRequest(worker: id, tokens: tokens, grantedBefore: counter))
        renewedAt = sentAt
        let lost = Set(reply.lost)
        let cancelled = Set(reply.cancelRequested)
        held.removeAll { lost.contains($0.job.token) }
        for index in held.indices where cancelled.contains(held[index].job.token) { held[index].isCancelled = true }
    }

    private mutating func settleAndReserve(_ random: inout SeededRandom) async throws {
        let now = time.monotonicMicroseconds()
        for done in held where done.isCancelled || done.endsAt <= now {
            let outcome = done.isCancelled ? Outcome.cancelled : Self.outcome(&random)
            unsettled.append(Self.end(done.job, outcome, &random))
        }
        held.removeAll { $0.isCancelled || $0.endsAt <= now }
        if isMakingRoom, held.isEmpty { isMakingRoom = false }
        let room = 4 - held.count
        var request: ReserveRequest?
        if room > 0, !isMakingRoom {
            request = ReserveRequest(
                worker: id, selection: WorkSelection(queues: nil, types: ["plain", "unique"]), limit: room,
                startNow: Int(random.next() % UInt64(room + 1)), holding: held.count, firstCounter: counter,
                turnFor: random.next() % 2 == 0 ? .seconds(5) : nil)
            counter += UInt64(room)
        }
        let reply = try await store.settle(unsettled, reserving: request)
        unsettled = []
        for job in reply.reservation?.jobs ?? [] {
            held.append(Held(job: job, endsAt: now + Int64(random.next() % 8_000_000)))
        }
        if reply.reservation?.hasTurn == true { isMakingRoom = true }
    }

    private static func outcome(_ random: inout SeededRandom) -> Outcome {
        switch random.next() % 10 {
        case 0: .failed(Failure(.failed, "h: broken"))
        case 1: .snoozed(.after(.seconds(2)))
        case 2: .interrupted
        case 3: .discarded(Failure(.discard, "h: never"))
        default: .returned(result: nil, truncated: false)
        }
    }

    private static func end(_ job: ReservedJob, _ outcome: Outcome, _ random: inout SeededRandom) -> Settlement {
        var source: any RandomSource = random
        return Settlement.of(
            outcome, job: job, policy: .constant(.seconds(3)), ranMicroseconds: 1000, random: &source)
    }
}
