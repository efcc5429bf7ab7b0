// The documents, byte for byte: every member, its order and its type as DESIGN promises them to scripts.
import OffstageCore
import OffstageMonitor
import Testing

@Suite struct DocumentsTests {
    private let id = JobID(high: 0x0123_4567_89ab_7def, low: 0x8123_4567_89ab_cdef)
    private let t0 = Timestamp(microseconds: 1_772_366_400_000_000)

    private var full: JobRecord {
        var record = JobRecord(id: id, type: "image.resize", runAt: t0, enqueuedAt: t0)
        record.arguments = Array("{\"n\" : 1.50,\"s\":\"ü\"}".utf8)
        record.queue = "images"
        record.state = .running
        record.priority = 2
        record.attemptedAt = t0 + .microseconds(1)
        record.attempt = 2
        record.maxAttempts = 5
        record.crashes = 1
        record.suspectedAt = 1
        record.interruptions = 3
        record.timeoutMicroseconds = 1_500_000
        record.expiresAt = t0 + .seconds(60)
        record.uniqueKey = "k\"1"
        record.tags = ["a", "b"]
        record.metadata = ["z": "1", "locale": "de"]
        record.parent = JobID(high: 1, low: 2)
        record.returnQueue = "web"
        record.errors = [
            JobError(at: t0, attempt: 1, kind: .failed, message: "first\nline"),
            JobError(at: t0 + .seconds(1), attempt: 1, kind: .leaseLost, message: "last"),
        ]
        record.progress = Progress(fraction: 0.5, note: "half way")
        record.checkpoint = Array("[1, 2]".utf8)
        record.result = Array("plain text".utf8)
        record.resultTruncated = true
        record.worker = WorkerID(bits: 255)
        record.leaseUntil = t0 + .seconds(20)
        record.cancelRequestedAt = t0 + .seconds(2)
        return record
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func names(_ bytes: [UInt8]) throws -> [String] { try JSON.members(of: bytes).map(\.key) }

    @Test func aFreshJobHasEveryMember() {
        let record = JobRecord(id: id, type: "mail", runAt: t0, enqueuedAt: t0)
        #expect(
            text(Documents.job(record)) == """
                {"id":"01234567-89ab-7def-8123-456789abcdef","type":"mail","queue":"default","state":"available",\
                "priority":4,"args":"","attempt":0,"max_attempts":20,"crashes":0,"suspect":false,"interruptions":0,\
                "run_at":"2026-03-01T12:00:00.000000Z","enqueued_at":"2026-03-01T12:00:00.000000Z",\
                "attempted_at":null,"finished_at":null,"expires_at":null,"timeout_s":null,"unique_key":null,\
                "tags":[],"meta":{},"parent":null,"return_queue":null,"progress":null,"checkpoint":null,\
                "result":null,"result_truncated":false,"worker":null,"lease_until":null,\
                "cancel_requested_at":null,"errors":[]}
                """)
    }

    @Test func aDocumentIsOneLineWhateverItEmbeds() throws {
        var record = full
        record.arguments = Array("{\r\n\"a\" :\n\n[1,\n 2.50 ],\r\"b\":\"x\\ny\\r\"\n}\n".utf8)
        record.result = Array("\n[\n]\n".utf8)
        record.checkpoint = Array("not\r\nJSON\n".utf8)
        for bytes in [
            Documents.job(record), Documents.jobLine(record, cursor: "a\nb"),
            Documents.announcement(
                Announcement(
                    receipt: AnnouncementReceipt(queue: "web", number: 1, nonce: 2), job: id, type: "t",
                    state: .completed, at: t0,
                    result: record.result, error: "a\nb", metadata: ["k": "v\r\n"], deliveries: 1)),
        ] {
            #expect(!bytes.contains(0x0A) && !bytes.contains(0x0D), "\(text(bytes))")
            try JSON.validate(bytes)
        }
        let whole = text(Documents.job(record))
        #expect(whole.contains(#""args":{  "a" :  [1,  2.50 ], "b":"x\ny\r" } ,"#), "\(whole)")
        #expect(whole.contains(#""checkpoint":"not\r\nJSON\n""#))
        #expect(try JSON.parse(whole)["args"] == JSON.parse(record.arguments))
    }

    @Test func aFullJobKeepsArgumentsByteForByte() {
        #expect(
            text(Documents.job(full)) == """
                {"id":"01234567-89ab-7def-8123-456789abcdef","type":"image.resize","queue":"images",\
                "state":"running","priority":2,"args":{"n" : 1.50,"s":"ü"},"attempt":2,"max_attempts":5,\
                "crashes":1,"suspect":true,"interruptions":3,"run_at":"2026-03-01T12:00:00.000000Z",\
                "enqueued_at":"2026-03-01T12:00:00.000000Z","attempted_at":"2026-03-01T12:00:00.000001Z",\
                "finished_at":null,"expires_at":"2026-03-01T12:01:00.000000Z","timeout_s":1.5,\
                "unique_key":"k\\"1","tags":["a","b"],"meta":{"locale":"de","z":"1"},\
                "parent":"00000000-0000-0001-0000-000000000002","return_queue":"web",\
                "progress":{"fraction":0.5,"note":"half way"},"checkpoint":[1, 2],"result":"plain text",\
                "result_truncated":true,"worker":"00000000000000ff","lease_until":"2026-03-01T12:00:20.000000Z",\
                "cancel_requested_at":"2026-03-01T12:00:02.000000Z",\
                "errors":[{"at":"2026-03-01T12:00:00.000000Z","attempt":1,"kind":"failed","message":"first\\nline"},\
                {"at":"2026-03-01T12:00:01.000000Z","attempt":1,"kind":"lease_lost","message":"last"}]}
                """)
    }

    @Test func aLineIsTheJobWithoutItsWeight() throws {
        let whole = try names(Documents.job(full))
        let line = Documents.jobLine(full, cursor: "c1")
        let left = whole.filter { !["args", "checkpoint", "result", "errors"].contains($0) }
        #expect(try names(line) == left + ["last_error", "cursor"])
        #expect(
            text(line).hasSuffix(
                """
                "last_error":{"at":"2026-03-01T12:00:01.000000Z","attempt":1,"kind":"lease_lost","message":"last"},\
                "cursor":"c1"}
                """))
        let fresh = JobRecord(id: id, type: "mail", runAt: t0, enqueuedAt: t0)
        #expect(text(Documents.jobLine(fresh, cursor: nil)).hasSuffix(#""last_error":null,"cursor":null}"#))
    }

    @Test(arguments: JobState.allCases) func everyStateHasItsWord(_ state: JobState) throws {
        var record = full
        record.state = state
        let words = ["held", "scheduled", "available", "running", "retryable", "completed", "discarded", "cancelled"]
        #expect(try JSON.parse(Documents.job(record))["state"]?.stringValue == words[state.rawValue])
    }

    @Test(arguments: [
        ("{\"a\":1}", "{\"a\":1}"), ("12", "12"), ("\"x\"", "\"x\""), ("null", "null"),
        ("{\"a\":1", "\"{\\\"a\\\":1\""),
        ("not json", "\"not json\""), ("{\"a\":1,\"a\":2}", "\"{\\\"a\\\":1,\\\"a\\\":2}\""),
    ])
    func bytesAreSplicedOrBecomeAString(_ bytes: String, _ shown: String) {
        var record = full
        record.result = Array(bytes.utf8)
        #expect(text(Documents.job(record)).contains("\"result\":\(shown),\"result_truncated\""))
    }

    @Test func bytesThatAreNoTextAreBase64() throws {
        var record = full
        record.arguments = [0xff, 0x00, 0xfe]
        #expect(try JSON.parse(Documents.job(record))["args"] == .object([JSONMember("base64", .string("/wD+"))]))
    }

    @Test func receiptAndBulk() {
        #expect(
            text(Documents.receipt(id: id, state: .held, duplicate: false, replaced: true))
                == #"{"id":"\#(id)","state":"held","duplicate":false,"replaced":true}"#)
        #expect(
            text(Documents.bulk(stored: 3, duplicates: 1, replaced: 2, bad: [(line: 2, message: "no type")]))
                == #"{"stored":3,"duplicates":1,"replaced":2,"bad":[{"line":2,"message":"no type"}]}"#)
        #expect(
            text(Documents.bulk(stored: 0, duplicates: 0, replaced: 0, bad: []))
                == #"{"stored":0,"duplicates":0,"replaced":0,"bad":[]}"#)
    }

    @Test func why() async throws {
        try await Stage.on(.memory) { stage in
            let id = try await stage.enqueue { $0.start = .at(TurnedTime.start + .seconds(1)) }
            let until = TurnedTime.start + .seconds(1)
            #expect(
                text(Documents.why(try await stage.why(id))) == """
                    {"id":"\(id)","state":"scheduled","reason":"not_due",\
                    "text":"it is not due before \(until) (in 1.0 s)","until":"\(until)","by":[]}
                    """)
        }
        let words = ["not_due", "paused", "no_worker", "behind", "leased", "retry_at", "predecessor", "ended"]
        #expect(Why.Reason.allCases.map(\.rawValue) == words)
    }

    @Test func changes() {
        func document(_ answer: ChangeAnswer) -> String { text(Documents.change(id, answer)) }
        #expect(document(.done(.cancelled)) == #"{"id":"\#(id)","answer":"done","state":"cancelled","message":null}"#)
        #expect(document(.removed) == #"{"id":"\#(id)","answer":"removed","state":null,"message":null}"#)
        #expect(document(.asked) == #"{"id":"\#(id)","answer":"asked","state":"running","message":null}"#)
        #expect(
            document(.refused(.isRunning))
                == #"{"id":"\#(id)","answer":"refused","state":null,"message":"it is running: cancel it first"}"#)
        #expect(
            document(.notFound) == #"{"id":"\#(id)","answer":"not_found","state":null,"message":"no such job"}"#)
        var totals = ChangeTotals()
        totals.changed = 5
        totals.refused = 2
        #expect(text(Documents.changes(totals, dryRun: true)) == #"{"changed":5,"refused":2,"dry_run":true}"#)
    }

    @Test func announcement() {
        let receipt = AnnouncementReceipt(queue: "web", number: 1, nonce: 2)
        var news = Announcement(
            receipt: receipt, job: id, type: "mail", state: .completed, at: t0, result: Array("[1]".utf8), error: nil,
            metadata: ["k": "v"], deliveries: 1)
        #expect(
            text(Documents.announcement(news)) == """
                {"id":"\(id)","type":"mail","state":"completed","at":"2026-03-01T12:00:00.000000Z","result":[1],\
                "error":null,"meta":{"k":"v"},"deliveries":1}
                """)
        news.state = nil
        #expect(text(Documents.announcement(news)).contains(#""state":"removed""#))
    }

    @Test func overviews() async throws {
        try await Stage.on(.memory) { stage in
            let ids = try await stage.enqueue(2)
            try await stage.beat(types: ["mail"], queues: ["default"], concurrency: 4)
            let jobs = try await stage.reserve()
            let queue = try await stage.monitor.queues()[0]
            #expect(
                text(Documents.queue(queue)) == """
                    {"queue":"default","paused":false,"latency_s":0,"held":0,"scheduled":0,"available":1,\
                    "running":1,"retryable":0,"completed":0,"discarded":0,"cancelled":0}
                    """)
            #expect(
                text(Documents.worker(try await stage.monitor.workers()[0])) == """
                    {"id":"0000000000000001","host":"box","pid":1,"started_at":"\(TurnedTime.start)",\
                    "seen_at":"\(TurnedTime.start)","queues":["default"],"types":["mail"],"concurrency":4,\
                    "quiet":false,"held":1,"suspect":null,"running":["\(ids[0])"],\
                    "jobs":[{"id":"\(ids[0])","type":"mail","queue":"default",\
                    "attempt":1,"attempted_at":"\(TurnedTime.start)","progress":null}]}
                    """)
            try await stage.settle(jobs, .done, ran: 1500)
            #expect(
                text(Documents.minute(try await stage.monitor.history()[0])) == """
                    {"minute":"\(TurnedTime.start)","type":"mail","completed":1,"failed":0,"discarded":0,\
                    "cancelled":0,"average_run_ms":1.5,"longest_run_ms":1.5}
                    """)
            #expect(
                text(Documents.stats(try await stage.monitor.stats())) == """
                    {"at":"\(TurnedTime.start)","jobs":{"held":0,"scheduled":0,"available":1,"running":0,\
                    "retryable":0,"completed":1,"discarded":0,"cancelled":0},"queues":1,"paused":[],\
                    "latency_s":0,"workers":1,"concurrency":4,"stale_refused":0,"returns":[],"period_s":3600,\
                    "types":[{"type":"mail","completed":1,"failed":0,"discarded":0,"cancelled":0,\
                    "average_run_ms":1.5,"longest_run_ms":1.5}]}
                    """)
        }
    }
}
