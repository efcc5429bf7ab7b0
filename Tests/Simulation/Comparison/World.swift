// The small world of random sequences: a dozen ids, two queues, three types, two keys. It is small, so that operations
// collide.
import OffstageCore

enum World {
    static let ids = 14
    static let start = Timestamp(microseconds: 1_767_225_600_000_000)
    static let workers = [WorkerID(bits: 0xa11), WorkerID(bits: 0xffff_ffff_ffff_fff0)]
    static let returnQueues = ["web", "news"]

    static func queue(_ number: Int) -> String { number == 0 ? "default" : "mail" }
    static func type(_ number: Int) -> String { ["send", "scale", "sum"][number % 3] }
    static func id(_ number: Int) -> JobID {
        JobID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0000 | UInt64(number))
    }

    /// The job with a number. Variant 0 is always the same, the others differ in content.
    static func job(_ number: Int, variant: Int) -> NewJob {
        var random = SeededRandom(seed: UInt64(number * 31 + variant * 1009))
        func pick(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
        var job = NewJob(id: id(number), type: type(pick(3)), arguments: Array("\(number).\(variant)".utf8))
        job.callerChoseID = number % 3 == 0
        job.idIsDerived = number % 7 == 1
        job.queue = queue(pick(2))
        job.priority = [0, 4, 4, 9][pick(4)]
        job.start = [.now, .now, .now, .after(.seconds(5)), .after(.seconds(60)), .at(start + .seconds(100))][pick(6)]
        job.maxAttempts = 1 + pick(3)
        job.expires = [nil, nil, nil, .after(.seconds(40)), .after(.seconds(4)), .at(start + .seconds(150))][pick(6)]
        job.timeout = pick(4) == 0 ? .seconds(30) : nil
        job.tags = [[], ["tag0"], ["tag1"], ["tag0", "tag1"]][pick(4)]
        job.metadata = pick(2) == 0 ? [:] : ["a": "1", "b": ""]
        job.parent = pick(4) == 0 ? id(pick(ids)) : nil
        job.returnQueue = [nil, "web", "news"][pick(3)]
        if pick(3) > 0 {
            job.unique = UniqueRule(
                key: "key\(pick(2))", release: [nil, .started, .ended, .window][pick(4)],
                window: [nil, nil, .seconds(10), .seconds(120)][pick(4)],
                onConflict: [.existing, .replace, .again, .again][pick(4)])
            job.type = type(pick(2))
        }
        return job
    }

    /// How an attempt ends.
    static func outcome(_ number: Int) -> Outcome {
        let outcomes: [Outcome] = [
            .returned(result: Array("{}".utf8), truncated: false), .returned(result: nil, truncated: true),
            .failed(Failure(.failed, "h: broken")), .failed(Failure(.failed, "h: broken again")),
            .retryAt(.after(.seconds(3)), Failure(.retry, "h: later")), .retryAt(.now, Failure(.retry, "h: now")),
            .discarded(Failure(.discard, "h: never")), .timedOut(afterMicroseconds: 1_000_000),
            .snoozed(.after(.seconds(7))),
            .snoozed(.at(start)), .cancelled, .interrupted, .interrupted, .leaseLost,
        ]
        return outcomes[number % outcomes.count]
    }

    /// What is noted on a lease.
    static func note(_ number: Int) -> JobNote.Kind {
        let notes: [JobNote.Kind] = [
            .started(agoMicroseconds: 0), .started(agoMicroseconds: 700),
            .progress(Progress(fraction: 0.5, note: "half")),
            .progress(Progress(fraction: 1)), .checkpoint([1, 2]), .checkpoint([]),
        ]
        return notes[number % notes.count]
    }

    /// A manual change of a job.
    static func action(_ number: Int) -> ChangeAction {
        let actions: [ChangeAction] = [
            .cancel, .retry, .remove, .reschedule(.now), .reschedule(.after(.seconds(8))), .reschedule(.at(start)),
            .retry, .cancel,
        ]
        return actions[number % actions.count]
    }

    /// Options under which jobs are pruned, dropped and forgotten within a sequence.
    static func options(_ time: any TimeSource) -> StoreOptions {
        var options = StoreOptions()
        options.time = time
        options.log = SilentLog()
        options.crashesAlone = 2
        options.retention.completedAge = .seconds(90)
        options.retention.completedCount = 3
        options.retention.endedAge = .seconds(150)
        options.retention.endedCount = 2
        options.retention.completedAgeByType = ["scale": .seconds(30)]
        options.retention.returnsAge = .seconds(200)
        options.retention.returnsCount = 3
        options.retention.historyAge = .seconds(600)
        options.retention.callerIDAge = .seconds(120)
        return options
    }
}
