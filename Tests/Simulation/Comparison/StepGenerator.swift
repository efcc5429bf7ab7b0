// Makes random sequences. The weights resemble a busy system with more failures than usual.
import OffstageCore

/// Generates random steps from a seed.
struct StepGenerator {
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// Returns a sequence of `length` steps.
    mutating func sequence(_ length: Int) -> [Step] { (0..<length).map { _ in step() } }

    private mutating func pick(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
    private mutating func chance(_ percent: Int) -> Bool { pick(100) < percent }
    private mutating func some(_ most: Int) -> Range<Int> { 0..<(1 + pick(most)) }

    private mutating func step() -> Step {
        switch pick(100) {
        case 0..<24: .enqueue(some(3).map { _ in (pick(World.ids), chance(85) ? 0 : 1 + pick(2)) })
        case 24..<44: .settle(chance(25) ? some(2).map { _ in end() } : [], wish())
        case 44..<58: .settle(some(3).map { _ in end() }, chance(30) ? wish() : nil)
        case 58..<62: .note(some(2).map { _ in (pick(5), pick(6)) })
        case 62..<66: .renew(worker: pick(2), mask: pick(16), heardAll: chance(50))
        case 66..<71: .maintain(limit: [1, 2, 1000, 1000][pick(4)])
        case 71: .heartbeat(worker: pick(2), quiet: chance(30))
        case 72: .command(worker: pick(2), stop: chance(50))
        case 73..<75: .retire(worker: pick(2), crashed: chance(75) ? some(3).map { _ in crash() } : [])
        case 75..<77: .pause(chance(40), queue: pick(2))
        case 77..<82: .changeJobs(pick(8), some(2).map { _ in pick(World.ids) }, dryRun: chance(10))
        case 82..<84: .changeAll(pick(8), filter(), dryRun: chance(30))
        case 84..<86: .takeReturns(queue: pick(2), limit: 1 + pick(3))
        case 86: .acknowledge(some(2).map { _ in pick(4) })
        case 87: .list(filter(), limit: 1 + pick(4))
        case 88: .compareAll
        case 89..<91: .step(microseconds: [-100_000_000, -1_000_000, 5_000_000, 100_000_000][pick(4)])
        default: advance()
        }
    }

    private mutating func advance() -> Step {
        let times: [Int64] = [
            1, 1_000_000, 3_000_000, 5_000_000, 10_000_000, 20_000_000, 20_000_000, 60_000_000, 200_000_000,
        ]
        return .advance(microseconds: chance(2) ? 86_400_000_000 : times[pick(times.count)])
    }

    private mutating func end() -> Step.End {
        Step.End(
            lease: chance(80) ? pick(4) : pick(12), outcome: pick(14), ran: chance(75) ? Int64(pick(5) * 1000) : nil,
            followUp: chance(15) ? pick(World.ids) : nil)
    }

    private mutating func crash() -> Step.Crash {
        Step.Crash(lease: chance(80) ? pick(2) : pick(8), isOwn: chance(90), ago: Int64(pick(3) * 700))
    }

    private mutating func wish() -> Step.Wish {
        let limit = 1 + pick(4)
        return Step.Wish(
            worker: pick(2), queues: [nil, nil, [0], [1], [0, 1], [1, 0]][pick(6)],
            types: [[0, 1, 2], [0, 1, 2], [0, 1, 2], [0], [1, 2]][pick(5)], limit: limit,
            startNow: chance(60) ? limit : pick(limit + 1), holding: chance(60) ? 0 : 1,
            suspects: chance(70) ? .alone : chance(50) ? .never : .only,
            turnFor: chance(40) ? .seconds(10) : nil)
    }

    private mutating func filter() -> Step.Filter {
        Step.Filter(
            state: chance(50) ? JobState.allCases[pick(8)] : nil, queue: chance(30) ? pick(2) : nil,
            type: chance(30) ? pick(3) : nil, tag: chance(20) ? pick(2) : nil)
    }
}
