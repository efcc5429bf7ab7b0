// The parts of docs/guide.md about monitoring and steering, and about an app's own tests.
import Offstage
import OffstageMemory
import OffstageTesting
import Testing

@Suite(.timeLimit(.minutes(1))) struct WatchTests {
    @Test func lookAndSteer() async throws {
        let store = MemoryStore()
        let ticket = try await Enqueuer(store).enqueue(Mail(to: "ann"), after: .seconds(60))

        let monitor = Monitor(store)
        let record = try await monitor.find(ticket.id)
        let page = try await monitor.list(JobFilter(state: .scheduled, queue: "mail"), limit: 50)
        let why = try await monitor.why(ticket.id)
        let latency = try await monitor.queues().first?.latency
        let ended = try await monitor.activity(last: .seconds(3600))
        #expect(record?.state == .scheduled && page.records.count == 1 && page.next == nil)
        #expect(why?.reason == .notDue && why?.until == record?.runAt)
        #expect(latency == nil && ended.isEmpty)

        try await monitor.reschedule(ticket.id, to: .now)
        try await monitor.pause("mail")
        #expect(try await monitor.why(ticket.id)?.reason == .paused)
        try await monitor.resume("mail")
        let totals = try await monitor.change(.cancel, all: JobFilter(type: "mail.send"), dryRun: true)
        #expect(totals.changed == 1)
        #expect(try await monitor.cancel(ticket.id) == [.done(.cancelled)])

        for try await change in monitor.watch(ticket.id) { #expect(change.state == .cancelled) }
    }
}

@Suite(.timeLimit(.minutes(1))) struct AppTests {
    @Test func signingUpSendsAMail() async throws {
        let queue = TestQueue { Mail.self }
        try await queue.enqueuer.enqueue(Mail(to: "ann"), after: .seconds(600))

        let mail = try await queue.requireEnqueued(Mail.self) { $0.to == "ann" }
        #expect(mail.record.queue == "mail" && mail.record.state == .scheduled)

        #expect(try await queue.drain().isEmpty)
        let runs = try await queue.drain(for: .seconds(600))
        #expect(runs.map(\.type) == ["mail.send"])
        #expect(try await queue.record(mail.record.id)?.state == .completed)
    }

    @Test func inlineJobsRunInsideEnqueue() async throws {
        let queue = TestQueue(mode: .inline) {
            Thumbnail.self
            Charge.self
        }
        let ticket = try await queue.enqueuer.enqueue(Thumbnail(source: "a", width: 320))
        #expect(try await ticket.result() == "a-320.jpg")
        await #expect(throws: JobDidFail.self) { try await queue.enqueuer.enqueue(Charge(answer: 500)) }
    }

    @Test func aDayPassesInAMoment() async throws {
        let queue = TestQueue { Charge.self }
        let ticket = try await queue.enqueuer.enqueue(Charge(answer: 500))
        try await queue.drain(for: .seconds(86_400))
        let record = try #require(try await queue.record(ticket.id))
        #expect(record.state == .retryable && record.attempt > 5)

        queue.time.advance(by: .seconds(30 * 86_400))
        #expect(try await queue.drain().count == 1)
    }
}
