// One job at a time: the stored record, and what the receipt reports about keys and ids that existed before.
import OffstageCore
import OffstageEnqueuer
import OffstageTesting
import Testing

@Suite struct EnqueuerTests {
    let bench = Bench()

    @Test func aTypedJobCarriesItsDefaultsAndArguments() async throws {
        let ticket = try await bench.enqueuer.enqueue(Resize(source: "a.jpg"))
        let record = try await bench.record(ticket.id)
        #expect(record.type == "image.resize")
        #expect(record.queue == "images")
        #expect((record.priority, record.maxAttempts) == (2, 5))
        #expect(record.timeoutMicroseconds == 60_000_000)
        #expect(try JSON.parse(record.arguments)["source"] == .string("a.jpg"))
        #expect(ticket.receipt == EnqueueReceipt(id: ticket.id, state: .available))
    }

    @Test func optionsWinOverDefaults() async throws {
        var options = EnqueueOptions()
        options.queue = "other"
        options.priority = 9
        options.maxAttempts = 1
        options.timeout = .seconds(3)
        options.expires = .after(.seconds(90))
        options.tags = ["red"]
        options.metadata = ["tenant": "7"]
        options.returnQueue = "web"
        let ticket = try await bench.enqueuer.enqueue(Resize(source: "a.jpg"), options: options)
        let record = try await bench.record(ticket.id)
        #expect(record.queue == "other")
        #expect((record.priority, record.maxAttempts, record.timeoutMicroseconds) == (9, 1, 3_000_000))
        #expect(record.expiresAt == record.enqueuedAt + .seconds(90))
        #expect(record.tags == ["red"])
        #expect(record.metadata == ["tenant": "7"])
        #expect(record.returnQueue == "web")
    }

    @Test func aMomentBeyondTenYearsIsRefusedOnEveryWay() async throws {
        let enqueuer = bench.enqueuer
        let now = bench.time.now()
        let job = Resize(source: "a.jpg")
        for moment in [now + Limits().horizon + .seconds(1), Timestamp(microseconds: now.microseconds * 1000)] {
            var options = EnqueueOptions()
            options.expires = .at(moment)
            let late = options
            var prepared = try enqueuer.prepare(job)
            prepared.start = .at(moment)
            let batch = [prepared]
            await #expect(throws: InvalidJob.self) { try await enqueuer.enqueue(job, at: moment) }
            await #expect(throws: InvalidJob.self) { try await enqueuer.enqueue(job, options: late) }
            await #expect(throws: InvalidJob.self) { try await enqueuer.enqueue(all: [job], options: late) }
            await #expect(throws: InvalidJob.self) { try await enqueuer.enqueue(batch: batch) }
            await #expect(throws: EnqueueError.self) { try await enqueuer.enqueue(stream: batch) }
            await #expect(throws: EnqueueError.self) { try await enqueuer.enqueue(stream: [job], options: late) }
        }
        #expect(try await bench.store.counts().lanes.isEmpty)
        _ = try await enqueuer.enqueue(job, at: now + Limits().horizon)
    }

    @Test func aDelayAndAMomentSchedule() async throws {
        let later = try await bench.enqueuer.enqueue(Ping(), after: .seconds(60))
        #expect(later.receipt?.state == .scheduled)
        #expect(try await bench.record(later.id).runAt == bench.time.now() + .seconds(60))
        let moment = bench.time.now() + .seconds(5)
        let dated = try await bench.enqueuer.enqueue(Ping(), at: moment)
        #expect(try await bench.record(dated.id).runAt == moment)
        let past = try await bench.enqueuer.enqueue(Ping(), at: bench.time.now() - .seconds(5))
        #expect(past.receipt?.state == .available)
    }

    @Test func whatIsOutOfBoundsIsRefusedBeforeTheStore() async throws {
        await #expect(throws: InvalidJob.self) { try await bench.enqueuer.enqueue(Ping(), after: .seconds(-1)) }
        await #expect(throws: InvalidJob.self) { try await bench.enqueuer.enqueue(type: "no spaces", arguments: []) }
        let large = [UInt8](repeating: 32, count: Limits().argumentBytes + 1)
        let error = await #expect(throws: InvalidJob.self) {
            try await bench.enqueuer.enqueue(type: "large", arguments: large)
        }
        #expect(error?.description.contains("1048577") == true)
        #expect(error?.description.contains("1048576") == true)
        #expect(bench.store.batches.isEmpty)
    }

    @Test func anUntypedJobKeepsItsBytes() async throws {
        let arguments = json("{ \"n\" : 1.50 }")
        let receipt = try await bench.enqueuer.enqueue(type: "any", arguments: arguments)
        #expect(try await bench.record(receipt.id).arguments == arguments)
    }

    @Test func theSameIdAgainIsADuplicateAndOtherContentIsRefused() async throws {
        var options = EnqueueOptions()
        options.id = JobID(high: 1, low: 2)
        let first = try await bench.enqueuer.enqueue(type: "any", arguments: json("1"), options: options)
        #expect(first == EnqueueReceipt(id: JobID(high: 1, low: 2), state: .available))
        let second = try await bench.enqueuer.enqueue(type: "any", arguments: json("1"), options: options)
        #expect(second == EnqueueReceipt(id: first.id, state: .available, duplicate: true))
        await #expect(throws: InvalidJob.self) {
            try await bench.enqueuer.enqueue(type: "any", arguments: json("2"), options: options)
        }
        #expect(try await bench.count() == 1)
    }

    @Test func aUniqueJobIsAnsweredWithItsHolder() async throws {
        let first = try await bench.enqueuer.enqueue(Resize(source: "a"), unique: .byArguments)
        let second = try await bench.enqueuer.enqueue(Resize(source: "a"), unique: .byArguments)
        #expect(second.receipt == EnqueueReceipt(id: first.id, state: .available, duplicate: true))
        let other = try await bench.enqueuer.enqueue(Resize(source: "b"), unique: .byArguments)
        #expect(other.id != first.id)
    }

    @Test func aConflictCanReplaceOrHold() async throws {
        let replacing = Unique(.key("k"), onConflict: .replace)
        let first = try await bench.enqueuer.enqueue(Ping(number: 1), unique: replacing)
        let second = try await bench.enqueuer.enqueue(Ping(number: 2), unique: replacing)
        #expect(second.receipt == EnqueueReceipt(id: first.id, state: .available, replaced: true))
        #expect(try JSON.parse(try await bench.record(first.id).arguments)["number"]?.integerValue == 2)
        _ = try await bench.start("ping")
        let again = Unique(.key("k"), onConflict: .again)
        let successor = try await bench.enqueuer.enqueue(Ping(number: 3), unique: again)
        #expect(successor.receipt == EnqueueReceipt(id: successor.id, state: .held))
        let later = try await bench.enqueuer.enqueue(Ping(number: 4), unique: again)
        #expect(later.receipt == EnqueueReceipt(id: successor.id, state: .held, replaced: true))
    }

    @Test func theSameValueIsTheSameBytesEveryTime() throws {
        let bytes = Set(try (0..<50).map { _ in try bench.enqueuer.prepare(Resize(source: "a/b")).arguments })
        #expect(bytes == [json(#"{"source":"a/b","width":320}"#)])
    }

    @Test func idsAscendAndAPreparedJobIsNotStored() async throws {
        let ids = try (0..<100).map { try bench.enqueuer.prepare(Ping(number: $0)).id }
        #expect(ids == ids.sorted() && Set(ids).count == 100)
        #expect(bench.store.batches.isEmpty)
    }
}
