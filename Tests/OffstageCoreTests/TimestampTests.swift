// Timestamps: how they are printed, what parses as one, and that arithmetic saturates at the ends of the range instead
// of trapping.
import Foundation
import OffstageCore
import OffstageTesting
import Testing

@Suite struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"), (1_767_225_600_000_000, "2026-01-01T00:00:00.000000Z"),
            (951_782_399_999_999, "2000-02-28T23:59:59.999999Z"), (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (4_107_542_399_000_001, "2100-02-28T23:59:59.000001Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
        ] as [(Int64, String)])
    func itIsShownAndReadAsRFC3339(_ microseconds: Int64, _ text: String) {
        #expect(Timestamp(microseconds: microseconds).description == text)
        #expect(Timestamp(text)?.microseconds == microseconds)
    }

    @Test func itAgreesWithFoundationOnRandomMoments() throws {
        var random = SeededRandom(seed: 11)
        let format = Date.ISO8601FormatStyle(includingFractionalSeconds: false)
        for _ in 0..<2000 {
            let seconds = Int64(random.next() % 253_402_300_800)
            let moment = Timestamp(microseconds: seconds * 1_000_000 + Int64(random.next() % 1_000_000))
            #expect(Timestamp(moment.description) == moment)
            let date = Date(timeIntervalSince1970: TimeInterval(seconds))
            #expect(moment.description.prefix(19) == date.formatted(format).prefix(19))
        }
    }

    @Test(
        arguments: [
            ("2026-01-01T01:30:00+01:30", 0), ("2025-12-31T22:59:00-01:01", 0), ("2026-01-01t00:00:00z", 0),
            ("2026-01-01 00:00:00Z", 0), ("2026-01-01T00:00:00.5Z", 500_000),
            ("2026-01-01T00:00:00.123456789Z", 123_456),
            ("2026-01-01T00:00:00.000001+00:00", 1),
        ] as [(String, Int64)])
    func offsetsAndDecimalsAreRead(_ text: String, _ offset: Int64) {
        #expect(Timestamp(text)?.microseconds == 1_767_225_600_000_000 + offset)
    }

    @Test(arguments: [
        "", "2026", "2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z",
        "1969-12-31T23:59:59Z",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00Zx",
        "2026-01-01T00:00:00+24:00",
        "2026-01-01T00:00:00+0100", "02026-01-01T00:00:00Z", "2026-1-01T00:00:00Z", "٢٠٢٦-01-01T00:00:00Z",
        "1970-01-01T00:00:00+01:00",
        "2100-02-29T00:00:00Z", "2026-01-01T-1:00:00Z",
    ])
    func whatIsNoMomentIsNotRead(_ text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func momentsBefore1970AndAtTheEndsOfTheRangeCanBeShown() {
        #expect(Timestamp(microseconds: -1).description == "1969-12-31T23:59:59.999999Z")
        #expect(Timestamp(microseconds: -86_400_000_000).description == "1969-12-31T00:00:00.000000Z")
        #expect(Timestamp(microseconds: .max).description.hasSuffix("Z"))
        #expect(Timestamp(microseconds: .min).description.hasSuffix("Z"))
    }

    @Test func arithmeticHoldsAtTheEnds() {
        let last = Timestamp(microseconds: .max)
        let first = Timestamp(microseconds: .min)
        #expect(last + .seconds(1) == last)
        #expect(first + .seconds(-1) == first)
        #expect(first - .seconds(1) == first)
        #expect(Timestamp(microseconds: 5) + .seconds(Int64.max) > Timestamp(microseconds: 0))
        #expect(Timestamp(microseconds: 7) - .microseconds(2) == Timestamp(microseconds: 5))
        #expect(Timestamp(microseconds: 7) - Timestamp(microseconds: 5) == .microseconds(2))
        #expect(last - first == .microseconds(Int64.max))
        #expect(first - last == .microseconds(Int64.min))
        #expect((last - first).microseconds == .max / 2)
        #expect(last - .seconds(Int64.min) == last)
        #expect(first - .seconds(Int64.max) < Timestamp(microseconds: .min / 2))
    }

    @Test func noDurationTraps() {
        // Longer than `components` can express.
        let ages = Duration.seconds(Int64.max) * 4
        #expect(ages.microseconds == .max / 2)
        #expect((.zero - ages).microseconds == .min / 2)
        #expect(Timestamp(microseconds: 5) + ages > Timestamp(microseconds: .max / 2))
        for sign in [1, -1] as [Int64] {
            var before: Int64 = 0
            for seconds in [1, 4_611_686_018_426, 4_611_686_018_427, 9_000_000_000_000, 9_223_372_036_854] as [Int64] {
                let microseconds = Duration.seconds(sign * seconds).microseconds
                #expect(microseconds.magnitude >= before.magnitude, "\(seconds): longer is never shorter")
                before = microseconds
            }
        }
    }

    @Test func durationsAreRoundedTowardZeroAndHeld() {
        #expect(Duration.nanoseconds(1999).microseconds == 1)
        #expect(Duration.nanoseconds(-1999).microseconds == -1)
        #expect(Duration.seconds(Int64.max).microseconds == .max / 2)
        #expect(Duration.seconds(Int64.min + 1).microseconds == .min / 2)
    }

    @Test func whenIsResolvedByTheStoresClock() {
        let now = Timestamp(microseconds: 1000)
        #expect(When.now.resolved(at: now) == now)
        #expect(When.after(.microseconds(5)).resolved(at: now) == Timestamp(microseconds: 1005))
        #expect(When.after(.seconds(-5)).resolved(at: now) == now)
        #expect(When.at(Timestamp(microseconds: 3)).resolved(at: now) == Timestamp(microseconds: 3))
    }
}
