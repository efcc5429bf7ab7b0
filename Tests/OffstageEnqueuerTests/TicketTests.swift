// Tickets: each way in which a job can end, and waiting itself.
import OffstageCore
import OffstageEnqueuer
import OffstageTesting
import Testing

@Suite(.timeLimit(.minutes(1))) struct TicketTests {
    let bench = Bench()

    @Test func theResultIsTheHandlersOutput() async throws {
        let ticket = try await bench.enqueuer.enqueue(Resize(source: "a"))
        try await bench.run("image.resize", .returned(result: json(#"{"width":3,"height":4}"#), truncated: false))
        #expect(try await ticket.result(within: .seconds(30)) == Size(width: 3, height: 4))
        let other = bench.enqueuer.ticket(for: ticket.id, of: Resize.self)
        #expect(try await other.result() == Size(width: 3, height: 4))
    }

    @Test func aJobWithoutASwiftTypeHasATicketToo() async throws {
        let receipt = try await bench.enqueuer.enqueue(type: "closure", encoding: ["a": 1])
        #expect(try await bench.record(receipt.id).arguments == json(#"{"a":1}"#))
        try await bench.run("closure", .returned(result: json("[1,2]"), truncated: false))
        let ticket = bench.enqueuer.ticket(for: receipt.id, returning: [Int].self)
        #expect(try await ticket.result(within: .seconds(1)) == [1, 2])
    }

    @Test func aJobWithoutOutputJustCompletes() async throws {
        let ticket = try await bench.enqueuer.enqueue(Ping())
        try await bench.run("ping", .returned(result: nil, truncated: false))
        try await ticket.result(within: .seconds(1))
    }

    @Test func itIsAwaitedWhileTheJobIsRetried() async throws {
        let ticket = try await bench.enqueuer.enqueue(Resize(source: "a"))
        try await bench.run(
            "image.resize", .failed(Failure(.failed, "first")), policy: .constant(.milliseconds(1)))
        let bench = bench
        let result = Task { try await ticket.result(within: .seconds(3600)) }
        bench.time.turn(by: .milliseconds(2))
        try await bench.run("image.resize", .returned(result: json(#"{"width":1,"height":1}"#), truncated: false))
        #expect(try await result.value == Size(width: 1, height: 1))
    }

    @Test func aDiscardedJobThrowsItsLastError() async throws {
        let ticket = try await bench.enqueuer.enqueue(Ping())
        try await bench.run("ping", .discarded(Failure(.discard, "no such file")))
        await #expect(throws: TicketError.discarded("no such file")) { try await ticket.result(within: .seconds(1)) }
        #expect(try await ticket.end().state == .discarded)
    }

    @Test func aCancelledJobThrows() async throws {
        let ticket = try await bench.enqueuer.enqueue(Ping())
        _ = try await bench.store.change(ChangeRequest(.cancel, .ids([ticket.id])))
        await #expect(throws: TicketError.cancelled) { try await ticket.result(within: .seconds(1)) }
    }

    @Test func aRemovedJobIsGone() async throws {
        let ticket = try await bench.enqueuer.enqueue(Ping())
        _ = try await bench.store.change(ChangeRequest(.remove, .ids([ticket.id])))
        await #expect(throws: TicketError.gone) { try await ticket.result(within: .seconds(1)) }
    }

    @Test func aResultOfAnotherKindIsUnreadable() async throws {
        for (bytes, isCut) in [(json(#""text""#), false), (json(#"{"width":3"#), true)] {
            let ticket = try await bench.enqueuer.enqueue(Resize(source: "a"))
            try await bench.run("image.resize", .returned(result: bytes, truncated: isCut))
            let error = await #expect(throws: TicketError.self) { try await ticket.result(within: .seconds(1)) }
            guard case .unreadable? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func itAsksOftenAtFirstAndRarelyLater() async throws {
        let ticket = try await bench.enqueuer.enqueue(Ping())
        await #expect(throws: TicketError.timedOut(.available)) { try await ticket.result(within: .seconds(10)) }
        let sleeps = bench.time.sleeps
        #expect(sleeps.first == .milliseconds(2))
        #expect(sleeps.max() == .milliseconds(250))
        #expect(sleeps.count < 60)
        #expect((Duration.seconds(10)..<(.milliseconds(10_001))).contains(sleeps.reduce(.zero, +)))
    }

    @Test func cancellingTheWaitLeavesTheJobAlone() async throws {
        let ticket = try await bench.enqueuer.enqueue(Ping())
        let task = Task { try await ticket.result() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await bench.record(ticket.id).state == .available)
    }

    @Test func aDuplicatesTicketWaitsForTheHolder() async throws {
        try await bench.enqueuer.enqueue(Resize(source: "a"), unique: .byArguments)
        let second = try await bench.enqueuer.enqueue(Resize(source: "a"), unique: .byArguments)
        try await bench.run("image.resize", .returned(result: json(#"{"width":3,"height":4}"#), truncated: false))
        #expect(try await second.result(within: .seconds(1)) == Size(width: 3, height: 4))
    }
}
