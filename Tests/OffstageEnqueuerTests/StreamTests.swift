// Streams: any length, bounded memory, in order, and an exact count wherever they break off.
import OffstageCore
import OffstageEnqueuer
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct StreamTests {
    let bench = Bench()

    @Test func aSequenceGoesInFullBatchesAndInOrder() async throws {
        let reports = Mutex<[EnqueueReport]>([])
        let totals = try await bench.enqueuer.enqueue(stream: (0..<4321).lazy.map { Ping(number: $0) }) { report in
            reports.withLock { $0.append(report) }
        }
        #expect(totals.stored == 4321)
        #expect(bench.store.batches.map(\.count) == [1000, 1000, 1000, 1000, 321])
        let numbers = try bench.store.batches.joined().map { try JSON.parse($0.arguments)["number"]?.integerValue }
        #expect(numbers == Array(0..<4321))
        reports.withLock { reports in
            #expect(reports.map(\.first) == [0, 1000, 2000, 3000, 4000])
            #expect(reports.map(\.totals.stored) == [1000, 2000, 3000, 4000, 4321])
            #expect(reports.allSatisfy { $0.results.count == ($0.first == 4000 ? 321 : 1000) })
        }
    }

    @Test func theSourceIsNeverMoreThanTwoBatchesAhead() async throws {
        let made = Counter()
        let ahead = Mutex(0)
        let store = bench.store
        store.delay {
            // The jobs made while this batch was in flight, beyond those that were sent.
            for _ in 0..<50 { await Task.yield() }
            let sent = store.batches.reduce(0) { $0 + $1.count }
            ahead.withLock { $0 = max($0, Int(made.count) - sent) }
        }
        let jobs = (0..<20_000).lazy.map { number in
            _ = made.next()
            return Ping(number: number)
        }
        try await bench.enqueuer.enqueue(stream: jobs)
        #expect(ahead.withLock { $0 } <= 2 * Limits.batch + 1)
    }

    @Test func aSlowSourceIsNotMadeToWaitForAFullBatch() async throws {
        let (stream, source) = AsyncStream.makeStream(of: Ping.self)
        let (stored, news) = AsyncStream.makeStream(of: Int.self)
        async let totals = bench.enqueuer.enqueue(stream: stream) { news.yield($0.totals.stored) }
        var seen = stored.makeAsyncIterator()
        for number in 1...3 {
            source.yield(Ping(number: number))
            #expect(await seen.next() == number)
        }
        source.finish()
        #expect(try await totals.stored == 3)
    }

    @Test func whatCameBeforeABrokenSourceIsStored() async throws {
        struct Broken: Error {}
        let stream = AsyncThrowingStream(Ping.self) { source in
            for number in 0..<1234 { source.yield(Ping(number: number)) }
            source.finish(throwing: Broken())
        }
        let error = await #expect(throws: EnqueueError.self) { try await bench.enqueuer.enqueue(stream: stream) }
        #expect(error?.cause is Broken)
        #expect(error?.totals.answered == 1234)
        #expect(error?.jobs.isEmpty == true)
        #expect(try await bench.count() == 1234)
    }

    @Test func anInvalidJobBreaksItThere() async throws {
        var jobs = try (0..<10).map { try bench.enqueuer.prepare(Ping(number: $0)) }
        jobs[4].priority = 11
        let error = await #expect(throws: EnqueueError.self) { try await bench.enqueuer.enqueue(stream: jobs) }
        #expect(error?.cause is InvalidJob)
        #expect(error?.totals.answered == 4)
        #expect(try await bench.count() == 4)
    }

    @Test func aFailedCommitEndsItWithThePartialCount() async throws {
        bench.store.fail(2, .before(.full("no room")))
        let error = await #expect(throws: EnqueueError.self) {
            try await bench.enqueuer.enqueue(stream: (0..<9999).lazy.map { Ping(number: $0) })
        }
        #expect(error?.cause as? StoreError == .full("no room"))
        #expect(error?.totals.stored == 2000)
        #expect(error?.jobs.count == 1000)
        #expect(bench.store.batches.count == 3)
        #expect(try await bench.count() == 2000)
    }

    @Test func aLostReplyInTheMiddleIsNoMatter() async throws {
        bench.store.fail(1, .after(.unknownOutcome("lost")))
        let totals = try await bench.enqueuer.enqueue(stream: (0..<2500).lazy.map { Ping(number: $0) })
        #expect((totals.stored, totals.duplicates) == (2500, 0))
        #expect(try await bench.count() == 2500)
    }

    @Test func refusalsAndDuplicatesAreCounted() async throws {
        var jobs = try (0..<5).map { try bench.enqueuer.prepare(Ping(number: $0)) }
        try await bench.enqueuer.enqueue(batch: Array(jobs[0...1]))
        jobs[1].arguments = json("{}")
        let refused = Mutex<[Int]>([])
        let totals = try await bench.enqueuer.enqueue(stream: jobs) { report in
            for (index, result) in report.results.enumerated() {
                if case .failure = result { refused.withLock { $0.append(report.first + index) } }
            }
        }
        #expect((totals.stored, totals.duplicates, totals.refused) == (3, 1, 1))
        #expect(refused.withLock { $0 } == [1])
    }

    @Test func largeJobsMakeSmallBatches() async throws {
        let arguments = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20)
        let enqueuer = bench.enqueuer
        let jobs = try (0..<20).lazy.map { _ in try enqueuer.prepare(type: "large", arguments: arguments) }.map { $0 }
        try await enqueuer.enqueue(stream: jobs)
        #expect(bench.store.batches.map(\.count) == [8, 8, 4])
    }

    @Test func cancellingEndsAStreamThatHasNoEnd() async throws {
        let (stored, news) = AsyncStream.makeStream(of: Int.self)
        let enqueuer = bench.enqueuer
        let task = Task {
            try await enqueuer.enqueue(stream: (0...).lazy.map { Ping(number: $0) }) { news.yield($0.totals.stored) }
        }
        var seen = stored.makeAsyncIterator()
        _ = await seen.next()
        task.cancel()
        let error = await #expect(throws: EnqueueError.self) { try await task.value }
        #expect(try await bench.count() == error?.totals.stored)
    }
}
