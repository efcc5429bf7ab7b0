// What may be enqueued: values just inside and just outside every limit, and the digest that identifies a job's
// content.
import OffstageCore
import Testing

@Suite struct NewJobTests {
    private static func job(_ edit: (inout NewJob) -> Void = { _ in }) -> NewJob {
        var job = NewJob(id: JobID(high: 1, low: 2), type: "mail.send", arguments: Array("{}".utf8))
        edit(&job)
        return job
    }

    private static let day = Duration.seconds(86_400)
    private static let tenYears = Limits().horizon

    static let good: [NewJob] = [
        job(), job { $0.arguments = [] }, job { $0.arguments = Array(repeating: 0, count: 1 << 20) },
        job { $0.priority = 0 },
        job { $0.priority = 9 }, job { $0.maxAttempts = 1 }, job { $0.maxAttempts = 10_000 },
        job { $0.timeout = .microseconds(1) },
        job { $0.timeout = tenYears }, job { $0.start = .after(.zero) }, job { $0.start = .after(tenYears) },
        job { $0.start = .at(Timestamp(microseconds: -5)) }, job { $0.expires = .after(.seconds(1)) },
        job { $0.unique = UniqueRule(key: "k") },
        job { $0.unique = UniqueRule(key: String(repeating: "k", count: 512)) },
        job { $0.unique = UniqueRule(key: "k", window: .microseconds(1)) }, job { $0.tags = (0..<32).map { "t\($0)" } },
        job { $0.metadata = ["k": String(repeating: "v", count: (16 << 10) - 1)] }, job { $0.returnQueue = "web" },
        job { $0.type = String(repeating: "x", count: 128) }, job { $0.queue = "a.b_c:d-e9Z" },
    ]

    static let bad: [(NewJob, String)] = [
        (job { $0.type = "" }, "type"), (job { $0.type = String(repeating: "x", count: 129) }, "type"),
        (job { $0.type = "a b" }, "type"), (job { $0.type = "ä" }, "type"), (job { $0.queue = "a/b" }, "queue"),
        (job { $0.queue = "a\n" }, "queue"),
        (job { $0.arguments = Array(repeating: 0, count: (1 << 20) + 1) }, "1048577"),
        (job { $0.priority = -1 }, "priority -1"), (job { $0.priority = 10 }, "priority 10"),
        (job { $0.maxAttempts = 0 }, "max attempts 0"), (job { $0.maxAttempts = 10_001 }, "10001"),
        (job { $0.timeout = .zero }, "timeout"), (job { $0.timeout = .seconds(-1) }, "timeout"),
        (job { $0.timeout = tenYears + .seconds(1) }, "timeout"), (job { $0.start = .after(.seconds(-1)) }, "start"),
        (job { $0.start = .after(tenYears + .seconds(1)) }, "start"),
        (job { $0.expires = .after(.seconds(-1)) }, "expiry"),
        (job { $0.unique = UniqueRule(key: "") }, "unique key"),
        (job { $0.unique = UniqueRule(key: String(repeating: "k", count: 513)) }, "unique key"),
        (job { $0.unique = UniqueRule(key: "k", window: .zero) }, "window"),
        (job { $0.unique = UniqueRule(key: "k", window: tenYears + .seconds(1)) }, "window"),
        (job { $0.tags = (0..<33).map { "t\($0)" } }, "33 tags"), (job { $0.tags = ["a,b"] }, "tag"),
        (job { $0.metadata = ["k": String(repeating: "v", count: 16 << 10)] }, "metadata"),
        (job { $0.metadata = ["a b": ""] }, "metadata key"), (job { $0.returnQueue = "" }, "return queue"),
    ]

    @Test func everythingWithinTheBoundsIsTaken() {
        for job in Self.good { #expect(throws: Never.self) { try job.validate() } }
    }

    @Test func everythingBeyondTheBoundsIsRefusedInOneLine() {
        for (job, word) in Self.bad {
            let error = #expect(throws: InvalidJob.self) { try job.validate() }
            #expect(error?.description.contains(word) == true, "\(word): \(error?.description ?? "nothing")")
            #expect(error?.description.contains("\n") == false)
        }
    }

    private static let now = Timestamp(microseconds: 1_767_225_600_000_000)

    static let moments: [(Int64, String?)] = [
        (now.microseconds, nil), (0, nil), (-5, nil), (3, nil), (now.microseconds - 9 * 366 * 86_400_000_000, nil),
        ((now + tenYears).microseconds, nil), ((now + tenYears).microseconds + 1, "more than ten years ahead"),
        (.min, nil), (.max, "more than ten years ahead"),
        (now.microseconds * 1000, "nanoseconds"), (now.microseconds / 1000, "milliseconds"),
        (now.microseconds / 1_000_000, "counted in seconds"),
    ]

    @Test func aMomentLiesAtMostTenYearsAheadAndIsCountedInMicroseconds() {
        for (moment, problem) in Self.moments {
            for edit in [
                { $0.start = .at(Timestamp(microseconds: moment)) },
                { $0.expires = .at(Timestamp(microseconds: moment)) },
            ] as [(inout NewJob) -> Void] {
                let job = Self.job(edit)
                do throws(InvalidJob) {
                    try job.validate(now: Self.now)
                    #expect(problem == nil, "\(moment)")
                } catch {
                    #expect(error.description.contains(problem ?? "no problem"), "\(moment): \(error)")
                }
            }
        }
    }

    @Test func withoutAClockOnlyAbsurdMomentsAreRefused() {
        for moment in [Self.now.microseconds, Self.now.microseconds * 4, 0, -1, .min] {
            #expect(throws: Never.self) { try Self.job { $0.start = .at(Timestamp(microseconds: moment)) }.validate() }
        }
        for moment in [Self.now.microseconds * 1000, Self.now.microseconds / 1000, .max] {
            #expect(throws: InvalidJob.self) {
                try Self.job { $0.start = .at(Timestamp(microseconds: moment)) }.validate()
            }
        }
    }

    @Test func argumentsThatAreJSONHaveOneLimitOfNesting() {
        func nested(_ depth: Int, _ inner: String = "") -> [UInt8] {
            Array((String(repeating: "[", count: depth) + inner + String(repeating: "]", count: depth)).utf8)
        }
        let inString = Array("{\"a\":\"\\\"\(String(repeating: "[", count: 400))\"}".utf8)
        // Not JSON, but bytes that resemble it.
        let bytes = Array(String(repeating: "[", count: 400).utf8) + [0xFF, 0, 1]
        for good in [nested(128), nested(127, inString.map { String(UnicodeScalar($0)) }.joined()), inString, bytes] {
            #expect(throws: Never.self) { try Self.job { $0.arguments = good }.validate() }
        }
        for bad in [nested(129), nested(200), nested(128, "{}"), nested(100_000)] {
            let error = #expect(throws: InvalidJob.self) { try Self.job { $0.arguments = bad }.validate() }
            #expect(error?.description == "arguments are nested deeper than 128 levels")
        }
    }

    @Test func limitsCanBeSet() {
        var limits = Limits()
        limits.argumentBytes = 1
        #expect(throws: InvalidJob.self) { try Self.job().validate(limits) }
    }

    @Test func noLimitIsRaisedBeyondTheRoomOfARecord() {
        var limits = Limits()
        limits.attempts = .max
        limits.tags = .max
        limits.uniqueKeyBytes = .max
        #expect(throws: Never.self) { try Self.job { $0.maxAttempts = 65_535 }.validate(limits) }
        #expect(throws: InvalidJob.self) { try Self.job { $0.maxAttempts = 65_536 }.validate(limits) }
        #expect(throws: InvalidJob.self) { try Self.job { $0.tags = (0..<501).map { "t\($0)" } }.validate(limits) }
        #expect(throws: InvalidJob.self) {
            try Self.job { $0.unique = UniqueRule(key: String(repeating: "k", count: 65_536)) }.validate(limits)
        }
    }

    @Test func typeAndArgumentsDecideWhetherAJobIsARepeat() {
        let job = Self.job()
        #expect(job.digest == Self.job { $0.metadata = ["trace": "2"] }.digest)
        #expect(job.digest != Self.job { $0.type = "mail.sen" }.digest)
        #expect(job.digest != Self.job { $0.arguments = [1] }.digest)
        #expect(job.isRepeat(ofDigest: job.digest, type: nil, arguments: nil))
        #expect(!job.isRepeat(ofDigest: 7, type: nil, arguments: nil))
        #expect(!job.isRepeat(ofDigest: 7, type: job.type, arguments: [1]))
        let derived = Self.job { $0.idIsDerived = true }
        #expect(derived.digest == 0 && job.digest != 0)
        #expect(derived.isRepeat(ofDigest: 7, type: "x", arguments: []))
    }

    @Test func whatTheVersionBeforeStoredIsKnownByItsDigestOrItsContent() {
        let job = Self.job { $0.metadata = ["trace": "1"] }
        #expect(job.isRepeat(ofDigest: job.earlierDigest, type: nil, arguments: nil), "all that is left is the digest")
        let again = Self.job { $0.metadata = ["trace": "2"] }
        #expect(again.isRepeat(ofDigest: job.earlierDigest, type: job.type, arguments: job.arguments))
        var sent = job
        sent.bearsEarlierDigest = true
        #expect(sent.digest == job.earlierDigest)
    }

    @Test func theEarlierDigestTellsEverythingApartThatACallerCanSay() {
        let parent = JobID(high: 5, low: 6)
        let jobs: [NewJob] = [
            Self.job(), Self.job { $0.type = "mail.sen" }, Self.job { $0.arguments = [1] }, Self.job { $0.queue = "q" },
            Self.job { $0.priority = 5 }, Self.job { $0.start = .after(.seconds(1)) },
            Self.job { $0.start = .at(Timestamp(microseconds: 1)) },
            Self.job { $0.maxAttempts = 3 }, Self.job { $0.timeout = .seconds(1) },
            Self.job { $0.expires = .after(.seconds(1)) },
            Self.job { $0.unique = UniqueRule(key: "a") },
            Self.job { $0.unique = UniqueRule(key: "a", release: .started) },
            Self.job { $0.unique = UniqueRule(key: "a", onConflict: .again) },
            Self.job { $0.unique = UniqueRule(key: "a", window: .seconds(1)) },
            Self.job { $0.tags = ["a"] }, Self.job { $0.tags = ["a", "b"] }, Self.job { $0.tags = ["b", "a"] },
            Self.job { $0.metadata = ["a": "b"] }, Self.job { $0.metadata = ["a": "", "b": ""] },
            Self.job { $0.parent = parent },
            Self.job { $0.returnQueue = "web" }, Self.job { $0.tags = ["web"] },
        ]
        #expect(Set(jobs.map(\.earlierDigest)).count == jobs.count)
        #expect(Self.job().earlierDigest == Self.job { $0.id = parent }.earlierDigest, "the id is not part of it")
        let metadata = Dictionary(uniqueKeysWithValues: (0..<20).map { ("k\($0)", "v") })
        let reversed = Dictionary(uniqueKeysWithValues: (0..<20).reversed().map { ("k\($0)", "v") })
        #expect(Self.job { $0.metadata = metadata }.earlierDigest == Self.job { $0.metadata = reversed }.earlierDigest)
    }

    @Test func namesAreAskedForInOneShape() {
        for good in ["a", "A.b_c:d-9", String(repeating: "z", count: 128)] { #expect(Names.isValid(good)) }
        for bad in ["", " ", "a b", "a/b", "é", "a\u{0}", String(repeating: "z", count: 129), "a;"] {
            #expect(!Names.isValid(bad))
        }
        #expect(Names.quoted("a\nb\u{7f}") == "\"a?b?\"")
        #expect(Names.quoted(String(repeating: "x", count: 90)).count == 83)
    }

    @Test func aRuleWithoutAWindowIsNeverReleasedByOne() {
        #expect(UniqueRule(key: "k").release == .ended)
        #expect(UniqueRule(key: "k", release: .window).release == .ended)
        #expect(UniqueRule(key: "k", release: .started).release == .started)
        #expect(UniqueRule(key: "k", window: .seconds(1)).release == .window)
        #expect(UniqueRule(key: "k", release: .ended, window: .seconds(1)).release == .ended)
    }
}
