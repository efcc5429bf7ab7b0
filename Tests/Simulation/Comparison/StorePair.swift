// Two stores that must behave the same: every step runs on both, and every answer is compared. Where stores may differ
// (the wording of a refusal, numbers private to a store), the answers are normalized first.
import OffstageCore
import OffstageTesting

/// The first difference between two stores.
struct Difference: Error {
    let text: String
}

/// Two stores on one clock, and what a sequence has produced so far.
struct StorePair {
    let time: ManualTime
    private let stores: [any Store]
    private var leases: [[ReservedJob]] = []
    private var receipts: [[AnnouncementReceipt]] = []
    private var counters: [UInt64] = [1, 1]

    init(_ first: any Store, _ second: any Store, time: ManualTime) {
        stores = [first, second]
        self.time = time
    }

    /// Runs a step on both stores. Throws `Difference` at the first answer that is not equal.
    mutating func run(_ step: Step) async throws {
        switch step {
        case .enqueue(let jobs):
            let jobs = jobs.map { World.job($0.number, variant: $0.variant) }
            try await same("answers") { store, _ in try await store.enqueue(jobs) }
        case .settle(let ends, let wish): try await settle(ends, wish)
        case .note(let notes):
            try await same("answers") { [leases] store, side in
                let known = notes.filter { _ in !leases.isEmpty }
                return try await store.note(
                    known.map { JobNote(token: leases.newest($0.lease)[side].token, kind: World.note($0.kind)) })
            }
        case .renew(let worker, let mask, let heardAll): try await renew(worker, mask, heardAll)
        case .maintain(let limit): try await same("report") { store, _ in try await store.maintain(limit: limit) }
        case .heartbeat(let worker, let quiet):
            let status = WorkerStatus(
                id: World.workers[worker], host: "host", pid: 7, startedAt: World.start,
                queues: quiet ? nil : ["mail", "default"],
                types: ["send"], concurrency: 4, isQuiet: quiet)
            try await same("commands") { store, _ in try await store.heartbeat(status) }
        case .command(let worker, let stop):
            try await same("known") { store, _ in
                try await store.command(stop ? .stop : .quiet, to: World.workers[worker])
            }
        case .retire(let worker, let crashes): try await retire(worker, crashes)
        case .pause(let pause, let queue):
            try await same("changed") { store, _ in try await store.setPaused(pause, queue: World.queue(queue)) }
        case .changeJobs(let action, let jobs, let dryRun):
            let request = ChangeRequest(World.action(action), .ids(jobs.map(World.id)), dryRun: dryRun)
            try await same("answers") { store, _ in try await store.change(request).answers }
        case .changeAll(let action, let filter, let dryRun):
            try await same("changes") { store, _ in
                try await store.changeAll(World.action(action), filter.jobs, dryRun: dryRun)
            }
        case .takeReturns(let queue, let limit): try await takeReturns(queue, limit)
        case .acknowledge(let chosen):
            try await same("valid") { [receipts] store, side in
                guard !receipts.isEmpty else { return 0 }
                return try await store.acknowledgeReturns(chosen.map { receipts.newest($0)[side] })
            }
        case .list(let filter, let limit):
            try await same("list") { store, _ in try await store.walk(filter.jobs, by: limit) }
        case .compareAll: try await compareAll()
        case .advance(let microseconds): time.advance(by: .microseconds(microseconds))
        case .step(let microseconds): time.step(by: .microseconds(microseconds))
        }
    }

    /// Compares the whole visible state of the two stores.
    func compareAll() async throws {
        let ids = (0..<World.ids).map(World.id)
        try await same("records") { store, _ in try await store.find(ids) }
        try await same("standings") { store, _ in
            var all: [[String?]] = []
            for id in ids {
                let standing = try await store.standing(of: id)
                all.append([standing.map { "\($0.ahead) \($0.isPaused)" }, standing?.predecessor?.description])
            }
            return all
        }
        for state in [nil, .available, .running, .completed, .discarded, .cancelled] as [JobState?] {
            let name = state?.name ?? "jobs"
            try await same("list of \(name)") { store, _ in try await store.walk(JobFilter(state: state), by: 3) }
        }
        try await same("counts") { store, _ in try await store.counts() }
        try await same("history") { store, _ in try await store.history(since: Timestamp(microseconds: 0)) }
        for queue in World.returnQueues {
            try await same("returns in \(queue)") { store, _ in
                try await store.peekReturns(in: queue, limit: 99).map(\.alike)
            }
        }
        try await same("workers") { store, _ in
            try await store.workers().sorted { $0.status.id.bits < $1.status.id.bits }
        }
    }

    private mutating func settle(_ ends: [Step.End], _ wish: Step.Wish?) async throws {
        let request = wish.map { wish in
            ReserveRequest(
                worker: World.workers[wish.worker],
                selection: WorkSelection(queues: wish.queues?.map(World.queue), types: Set(wish.types.map(World.type))),
                limit: wish.limit, startNow: wish.startNow, holding: wish.holding, firstCounter: counters[wish.worker],
                suspects: wish.suspects, turnFor: wish.turnFor)
        }
        if let wish { counters[wish.worker] += UInt64(wish.limit) }
        let leases = leases
        let replies = try await both { store, side in
            let settlements = ends.filter { _ in !leases.isEmpty }.map { end in
                var random: any RandomSource = SeededRandom(seed: 1)
                let outcome = World.outcome(end.outcome)
                return Settlement.of(
                    outcome, job: leases.newest(end.lease)[side], policy: .constant(.seconds(6)),
                    ranMicroseconds: outcome == .interrupted ? end.ran : end.ran ?? 0,
                    followUps: end.followUp.map { [World.job($0, variant: 0)] } ?? [], random: &random)
            }
            return try await store.settle(settlements, reserving: request)
        }
        try compare("answers", replies.map(\.answers))
        try compare("refused follow-ups", replies.map(\.refusedFollowUps))
        try compare("reservation", replies.map { ReservationView($0.reservation) })
        let jobs = replies.map { $0.reservation?.jobs ?? [] }
        for index in jobs[0].indices { self.leases.append([jobs[0][index], jobs[1][index]]) }
    }

    private func renew(_ worker: Int, _ mask: Int, _ heardAll: Bool) async throws {
        let own = leases.filter { $0[0].token.worker == World.workers[worker] }.suffix(6)
        let listed = own.enumerated().filter { mask >> ($0.offset % 4) & 1 == 1 }.map(\.element)
        try await same("renewal") { store, side in
            let reply = try await store.renew(
                RenewRequest(
                    worker: World.workers[worker], tokens: listed.map { $0[side].token },
                    grantedBefore: heardAll ? counters[worker] : counters[worker] / 2))
            return RenewalView(reply)
        }
    }

    private func retire(_ worker: Int, _ crashes: [Step.Crash]) async throws {
        let id = World.workers[worker]
        let own = leases.filter { $0[0].token.worker == id }
        try await same("answers") { store, side in
            let known = crashes.filter { !($0.isOwn ? own : leases).isEmpty }
            return try await store.retire(
                id,
                crashed: known.map { crash in
                    let job = (crash.isOwn ? own : leases).newest(crash.lease)[side]
                    return CrashedAttempt(
                        token: job.token, startedAgoMicroseconds: crash.ago, autopsy: Failure(.crash, "h: signal 11"))
                })
        }
    }

    private mutating func takeReturns(_ queue: Int, _ limit: Int) async throws {
        let news = try await both { store, _ in
            try await store.takeReturns(from: World.returnQueues[queue], limit: limit, lease: .seconds(30))
        }
        try compare("announcements", news.map { $0.map(\.alike) })
        for index in news[0].indices { receipts.append([news[0][index].receipt, news[1][index].receipt]) }
    }

    private func both<Answer>(_ ask: (any Store, Int) async throws -> Answer) async throws -> [Answer] {
        [try await ask(stores[0], 0), try await ask(stores[1], 1)]
    }

    private func same<Answer: Equatable>(_ what: String, _ ask: (any Store, Int) async throws -> Answer) async throws {
        try compare(what, try await both(ask))
    }

    private func compare<Answer: Equatable>(_ what: String, _ answers: [Answer]) throws {
        if answers[0] != answers[1] { throw Difference(text: what + describeDifference(answers[0], answers[1])) }
    }
}

extension Array {
    /// Returns the element `back` places before the last, wrapping around.
    fileprivate func newest(_ back: Int) -> Element { self[count - 1 - back % count] }
}
