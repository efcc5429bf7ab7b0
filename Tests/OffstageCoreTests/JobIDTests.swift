// Identifiers: the layout of version 7, ascending order, derived identifiers of children, and what parses as an
// identifier.
import OffstageCore
import OffstageTesting
import Testing

@Suite struct JobIDTests {
    @Test func theLayoutIsVersion7() {
        let time = Timestamp(microseconds: 0x0199_1234_5678 * 1000 + 999)
        let id = JobID(at: time, random: (.max, .max))
        #expect(id.high >> 16 == 0x0199_1234_5678, "48 bits of milliseconds")
        #expect(id.high >> 12 & 0xF == 7, "version")
        #expect(id.high & 0xFFF == 0xFFF, "12 random bits")
        #expect(id.low >> 62 == 0b10, "variant")
        #expect(id.low & 0x3FFF_FFFF_FFFF_FFFF == 0x3FFF_FFFF_FFFF_FFFF, "62 random bits")
        #expect("\(id)" == "01991234-5678-7fff-bfff-ffffffffffff")
        let zero = JobID(at: Timestamp(microseconds: -5), random: (0, 0))
        #expect("\(zero)" == "00000000-0000-7000-8000-000000000000")
    }

    @Test func textAndBytesRoundTrip() throws {
        var random = SeededRandom(seed: 7)
        for _ in 0..<200 {
            let id = JobID(high: random.next(), low: random.next())
            #expect(JobID(id.description) == id)
            #expect(JobID(id.description.uppercased()) == id)
            #expect(id.bytes.count == 16)
            #expect(id.bytes.prefix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) } == id.high)
            #expect(id.bytes.suffix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) } == id.low)
        }
    }

    @Test(arguments: [
        "", "0", "01991234-5678-7fff-bfff-fffffffffff", "01991234-5678-7fff-bfff-ffffffffffff0",
        "019912345678-7fff-bfff-ffffffffffff",
        "01991234-5678-7fff-bfff-fffffffffffg", "0199123-45678-7fff-bfff-ffffffffffff",
        "{01991234-5678-7fff-bfff-ffffffffffff}",
        "01991234_5678_7fff_bfff_ffffffffffff", "01991234-5678-7fff-bfff-ffffffffff é",
        "01991234-5678-7fff-bfff--fffffffffff",
    ])
    func whatIsNoUUIDIsNotRead(_ text: String) {
        #expect(JobID(text) == nil)
    }

    @Test func idsOfOneSourceAscendWithinAMillisecondAndWhenTheClockStepsBack() {
        let time = ManualTime()
        let source = JobIDSource(time: time, random: SeededRandom(seed: 3))
        var ids: [JobID] = []
        for round in 0..<50 {
            ids += source.next(20)
            ids.append(source.next())
            time.step(by: round % 3 == 0 ? .milliseconds(-7) : .microseconds(300))
        }
        for (earlier, later) in zip(ids, ids.dropFirst()) { #expect(earlier < later) }
        #expect(ids.allSatisfy { $0.high >> 12 & 0xF == 7 && $0.low >> 62 == 0b10 }, "still version 7")
    }

    @Test func idsOfOneSourceAscendWhenTheirRandomBitsRunOver() {
        struct Ones: RandomSource {
            mutating func next() -> UInt64 { .max }
        }
        let source = JobIDSource(time: ManualTime(), random: Ones())
        let ids = source.next(5)
        for (earlier, later) in zip(ids, ids.dropFirst()) { #expect(earlier < later) }
        #expect(ids.allSatisfy { $0.low >> 62 == 0b10 })
    }

    @Test func aChildIsDerivedFromItsParentAndItsKey() {
        let time = Timestamp(microseconds: 1_767_225_600_000_000)
        let parent = JobID(at: time, random: (1, 2))
        let other = JobID(at: time, random: (1, 1 << 40))
        let child = JobID(childOf: parent, key: "a")
        #expect(child == JobID(childOf: parent, key: "a"))
        #expect(child != JobID(childOf: parent, key: "b"))
        #expect(child != JobID(childOf: other, key: "a"))
        #expect(child.high >> 16 == parent.high >> 16, "the parent's time")
        #expect(child.high >> 12 & 0xF == 7)
        #expect(child.low >> 62 == 0b10)
        #expect(JobID(childOf: parent, key: "") != parent)
    }

    @Test func theOrderIsThatOfTheBytes() {
        #expect(JobID(high: 1, low: 9) < JobID(high: 2, low: 0))
        #expect(JobID(high: 1, low: 1) < JobID(high: 1, low: 2))
        #expect(!(JobID(high: 1, low: 1) < JobID(high: 1, low: 1)))
    }
}
