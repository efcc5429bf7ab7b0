// What each outcome means for a job: the one switch between the executor and the store.
import OffstageCore
import Testing

@Suite struct SettlementTests {
    private static func job(attempt: Int, of maxAttempts: Int = 3) -> ReservedJob {
        let token = Token(
            job: JobID(high: 1, low: 2), attempt: attempt, worker: WorkerID(bits: 3), counter: 4, locator: 5)
        let time = Timestamp(microseconds: 0)
        return ReservedJob(
            token: token, type: "t", queue: "q", arguments: [], priority: 4, maxAttempts: maxAttempts, enqueuedAt: time,
            runAt: time)
    }

    private static func kind(
        _ outcome: Outcome, attempt: Int = 1, policy: RetryPolicy = .constant(.seconds(5))
    ) -> Settlement.Kind {
        var random: any RandomSource = SeededRandom(seed: 1)
        return Settlement.of(outcome, job: job(attempt: attempt), policy: policy, ranMicroseconds: 7, random: &random)
            .kind
    }

    private static let failure = Failure(.failed, "broken")

    @Test func everyOutcomeWithAttemptsLeft() {
        let table: [(Outcome, Settlement.Kind)] = [
            (.returned(result: [1], truncated: true), .completed(result: [1], truncated: true)),
            (.failed(Self.failure), .retry(.after(.seconds(5)), Self.failure)),
            (.retryAt(.after(.seconds(9)), Self.failure), .retry(.after(.seconds(9)), Self.failure)),
            (.discarded(Self.failure), .discarded(Self.failure)),
            (
                .timedOut(afterMicroseconds: 1_500_000),
                .retry(.after(.seconds(5)), Failure(.timeout, "stopped after its timeout of 1.5 s"))
            ),
            (.snoozed(.after(.seconds(2))), .snoozed(.after(.seconds(2)))), (.cancelled, .cancelled(nil)),
            (.interrupted, .handedBack(nil)),
            (.leaseLost, .handedBack(Failure(.leaseLost, "the lease could not be renewed in time"))),
        ]
        for (outcome, kind) in table { #expect(Self.kind(outcome) == kind, "\(outcome)") }
    }

    @Test func aFailureOfTheLastAttemptIsDiscarded() {
        #expect(Self.kind(.failed(Self.failure), attempt: 2) == .retry(.after(.seconds(5)), Self.failure))
        #expect(Self.kind(.failed(Self.failure), attempt: 3) == .discarded(Self.failure))
        #expect(Self.kind(.retryAt(.now, Self.failure), attempt: 3) == .discarded(Self.failure))
        guard case .discarded(let failure) = Self.kind(.timedOut(afterMicroseconds: 1), attempt: 3) else {
            Issue.record("a time-out of the last attempt is not discarded")
            return
        }
        #expect(failure.kind == .timeout)
    }

    @Test func whatCostsNoAttemptIsNotDiscardedByTheLastOne() {
        #expect(Self.kind(.snoozed(.now), attempt: 3) == .snoozed(.now))
        #expect(Self.kind(.interrupted, attempt: 3) == .handedBack(nil))
    }

    @Test func aPolicyThatSaysNoMoreDiscards() {
        #expect(Self.kind(.failed(Self.failure), policy: .never) == .discarded(Self.failure))
        let picky = RetryPolicy { failures, failure, _ in failure.message == "broken" ? .seconds(failures) : nil }
        #expect(
            Self.kind(.failed(Self.failure), attempt: 2, policy: picky) == .retry(.after(.seconds(2)), Self.failure))
        #expect(Self.kind(.failed(Failure(.failed, "x")), policy: picky) == .discarded(Failure(.failed, "x")))
    }

    @Test func aTimeBeyondTenYearsIsAFailureThatSaysSo() {
        let now = Timestamp(microseconds: 1_767_225_600_000_000)
        func kind(_ outcome: Outcome) -> Settlement.Kind {
            var random: any RandomSource = SeededRandom(seed: 1)
            return Settlement.of(
                outcome, job: Self.job(attempt: 1), policy: .constant(.seconds(5)), ranMicroseconds: 7,
                random: &random, now: now
            ).kind
        }
        let nanoseconds = When.at(Timestamp(microseconds: now.microseconds * 1000))
        for when in [nanoseconds, .after(.seconds(Int64.max)), .at(Timestamp(microseconds: .max))] {
            guard case .retry(.after(.seconds(5)), let snooze) = kind(.snoozed(when)) else {
                Issue.record("a snooze until \(when) is accepted")
                continue
            }
            #expect(snooze.kind == .failed && snooze.message.contains("time of the snooze"))
            guard case .retry(.after(.seconds(5)), let retry) = kind(.retryAt(when, Self.failure)) else {
                Issue.record("a retry at \(when) is accepted")
                continue
            }
            #expect(retry.kind == Self.failure.kind && retry.message.contains("(broken)"))
        }
        for when in [When.now, .after(.seconds(-5)), .at(Timestamp(microseconds: 0)), .at(now + .seconds(9))] {
            #expect(kind(.snoozed(when)) == .snoozed(when))
            #expect(kind(.retryAt(when, Self.failure)) == .retry(when, Self.failure))
        }
    }

    @Test func aPolicysDelayIsHeldBetweenNowAndTenYears() {
        let table: [(Duration, Duration)] = [
            (.seconds(-5), .zero), (.seconds(Int64.max) * 4, Limits().horizon), (.seconds(5), .seconds(5)),
        ]
        for (delay, held) in table {
            let policy = RetryPolicy { _, _, _ in delay }
            #expect(Self.kind(.failed(Self.failure), policy: policy) == .retry(.after(held), Self.failure))
        }
    }

    @Test func itCarriesTheTokenTheRunTimeAndTheFollowUps() {
        var random: any RandomSource = SeededRandom(seed: 1)
        let job = Self.job(attempt: 1)
        let next = NewJob(id: JobID(high: 8, low: 8), type: "t", arguments: [])
        let settlement = Settlement.of(
            .returned(result: nil, truncated: false), job: job, policy: .standard, ranMicroseconds: 7,
            followUps: [next], random: &random)
        #expect(settlement.token == job.token)
        #expect(settlement.ranMicroseconds == 7)
        #expect(settlement.followUps == [next])
        let unstarted = Settlement.unstarted(job)
        #expect(unstarted.kind == .handedBack(nil))
        #expect(unstarted.ranMicroseconds == nil)
    }
}
