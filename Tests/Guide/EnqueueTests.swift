// The part of docs/guide.md about enqueueing.
import Offstage
import OffstageMemory
import OffstageTesting
import Testing

@Suite(.timeLimit(.minutes(1))) struct EnqueueTests {
    let store = MemoryStore()

    @Test func oneJobNowLaterAndAtAMoment() async throws {
        let enqueuer = Enqueuer(store)
        let tomorrow = try await store.now() + .seconds(86_400)

        let ticket = try await enqueuer.enqueue(Thumbnail(source: "a", width: 320))
        try await enqueuer.enqueue(Thumbnail(source: "b", width: 320), after: .seconds(60))
        try await enqueuer.enqueue(Thumbnail(source: "c", width: 320), at: tomorrow)

        let json = Array(#"{"source":"d","width":9}"#.utf8)
        let raw = try await enqueuer.enqueue(type: "image.thumbnail", arguments: json)
        let encoded = try await enqueuer.enqueue(type: "report.make", encoding: ["month": 11])

        #expect(ticket.receipt?.state == .available)
        #expect(raw.state == .available)
        #expect(encoded.duplicate == false)
        #expect(try await Monitor(store).list(JobFilter(state: .scheduled)).records.count == 2)
    }

    @Test func whatCanBeSaidWithAJob() async throws {
        let enqueuer = Enqueuer(store)

        var options = EnqueueOptions()
        options.queue = "images.slow"
        options.priority = 9
        options.maxAttempts = 3
        options.timeout = .seconds(300)
        options.expires = .after(.seconds(3600))
        options.tags = ["album:7", "customer:12"]
        options.metadata = ["trace": "4bf92f35", "locale": "de"]
        options.returnQueue = "web"
        let ticket = try await enqueuer.enqueue(Thumbnail(source: "a", width: 320), options: options)

        let record = try #require(try await Monitor(store).find(ticket.id))
        #expect(record.queue == "images.slow")
        #expect(record.tags == ["album:7", "customer:12"])
        #expect(record.expiresAt == record.enqueuedAt + .seconds(3600))
    }

    @Test func theSameIdStoresNothingNew() async throws {
        let enqueuer = Enqueuer(store)

        var options = EnqueueOptions()
        options.id = JobID("01a20d2c-db74-7a89-9a08-bf84b0665e46")
        let first = try await enqueuer.enqueue(Mail(to: "ann"), options: options)
        let again = try await enqueuer.enqueue(Mail(to: "ann"), options: options)
        #expect(again.id == first.id && again.receipt?.duplicate == true)
        await #expect(throws: InvalidJob.self) { try await enqueuer.enqueue(Mail(to: "bob"), options: options) }
    }

    @Test func uniqueAndItsThreeAnswers() async throws {
        let enqueuer = Enqueuer(store)

        let first = try await enqueuer.enqueue(Thumbnail(source: "a", width: 320), unique: .byArguments)
        let second = try await enqueuer.enqueue(Thumbnail(source: "a", width: 320), unique: .byArguments)
        #expect(second.id == first.id && second.receipt?.duplicate == true)

        let bySource = Unique(.members(["source"]), onConflict: .replace)
        let small = try await enqueuer.enqueue(Thumbnail(source: "b", width: 320), unique: bySource)
        let large = try await enqueuer.enqueue(Thumbnail(source: "b", width: 640), unique: bySource)
        #expect(large.id == small.id && large.receipt?.replaced == true)

        let oncePerHour = Unique(.key("digest"), for: .seconds(3600))
        let again = Unique(.key("index"), until: .started, onConflict: .again)
        try await enqueuer.enqueue(Mail(to: "ann"), unique: oncePerHour)
        try await enqueuer.enqueue(Mail(to: "bob"), unique: again)
    }

    @Test func againBehindARunningHolderIsHeld() async throws {
        let enqueuer = Enqueuer(store)
        let started = TestSignal()
        let goOn = TestSignal()
        let worker = Worker(store, options: quietOptions()) {
            Handler("index") { (_: [String: Int], _) in
                started.set()
                _ = await goOn.wait()
            }
        }
        var options = EnqueueOptions()
        options.unique = Unique(.key("index"), onConflict: .again)
        try await enqueuer.enqueue(type: "index", encoding: ["run": 1], options: options)
        async let life: Void = worker.run()
        #expect(await started.wait())
        let next = try await enqueuer.enqueue(type: "index", encoding: ["run": 2], options: options)
        #expect(next.state == .held)
        #expect(try await Monitor(store).why(next.id)?.reason == .predecessor)
        goOn.set()
        try await life
        #expect(try await Monitor(store).find(next.id)?.state == .completed)
    }

    @Test func manyInOneRoundTripAndAStreamOfAnyLength() async throws {
        let enqueuer = Enqueuer(store)

        let tickets = try await enqueuer.enqueue(all: (1...500).map { Mail(to: "reader\($0)@example.org") })

        let totals = try await enqueuer.enqueue(stream: (1...20_000).lazy.map { Mail(to: "reader\($0)@example.org") })
        #expect(tickets.count == 500 && totals.stored == 20_000)

        let mixed = [try enqueuer.prepare(Mail(to: "ann")), try enqueuer.prepare(Archive(issue: 42))]
        for result in try await enqueuer.enqueue(batch: mixed) { #expect(try result.get().state == .available) }
    }

    @Test func aBatchThatFailedIsSentAgain() async throws {
        let faulty = FaultyStore(store) { verb in verb == .enqueue ? .lost : .none }
        let enqueuer = Enqueuer(faulty)
        let failure = await #expect(throws: EnqueueError.self) { try await enqueuer.enqueue(Mail(to: "ann")) }
        let error = try #require(failure)
        #expect(error.jobs.count == 1)
        let results = try await Enqueuer(store).enqueue(again: error)
        #expect(try results[0].get().duplicate)
    }

    @Test func ticketsAndReturnQueues() async throws {
        let enqueuer = Enqueuer(store)

        let ticket = try await enqueuer.enqueue(Thumbnail(source: "a", width: 320))
        var options = EnqueueOptions()
        options.returnQueue = "web"
        options.metadata = ["album": "7"]
        try await enqueuer.enqueue(Thumbnail(source: "b", width: 320), options: options)

        try await Worker(store, options: quietOptions()) { Thumbnail.self }.run()

        let name = try await ticket.result(within: .seconds(30))
        #expect(name == "a-320.jpg")

        for try await announcement in try ReturnQueue(store, "web") {
            #expect(announcement.state == .completed && announcement.metadata["album"] == "7")
            #expect(try announcement.result(as: String.self) == "b-320.jpg")
            try await announcement.acknowledge()
            break
        }

        let later = enqueuer.ticket(for: ticket.id, of: Thumbnail.self)
        #expect(try await later.end().state == .completed)
    }

    struct Tenant: EnqueueMiddleware {
        var name: String

        func enqueue(
            _ jobs: [NewJob], next: @Sendable ([NewJob]) async throws -> [EnqueueAnswer]
        ) async throws -> [EnqueueAnswer] {
            var jobs = jobs
            for index in jobs.indices { jobs[index].metadata["tenant"] = name }
            return try await next(jobs)
        }
    }

    @Test func middlewareSeesEveryJob() async throws {
        let enqueuer = Enqueuer(store, middleware: [Tenant(name: "acme")])
        let ticket = try await enqueuer.enqueue(Mail(to: "ann"))
        #expect(try await Monitor(store).find(ticket.id)?.metadata == ["tenant": "acme"])
    }
}
