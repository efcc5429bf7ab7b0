// What a record keeps of errors: messages cut at a character boundary, and the first error and the last nineteen.
import OffstageCore
import Testing

@Suite struct JobErrorTests {
    @Test func theFirstAndTheLastNineteenAreKept() {
        var errors: [JobError] = []
        for number in 1...100 {
            let error = JobError(
                at: Timestamp(microseconds: Int64(number)), attempt: number, kind: .failed, message: "\(number)")
            errors = JobError.adding(error, to: errors)
            #expect(errors.count == min(number, 20))
            #expect(errors.first?.attempt == 1)
            #expect(errors.last?.attempt == number)
        }
        #expect(errors.map(\.attempt) == [1] + Array(82...100))
    }

    @Test func aMessageIsCutTo4KiB() {
        let failure = Failure(.failed, String(repeating: "x", count: 5000))
        #expect(failure.message.utf8.count == 4096)
        #expect(Failure(.failed, "short").message == "short")
    }

    @Test func aTextIsCutBetweenScalars() {
        #expect("abc".cut(toBytes: 3) == "abc")
        #expect("abc".cut(toBytes: 2) == "ab")
        #expect("abc".cut(toBytes: 0) == "")
        #expect("aé".cut(toBytes: 2) == "a")
        #expect("aé".cut(toBytes: 3) == "aé")
        #expect("😀😀".cut(toBytes: 7) == "😀")
        #expect("e\u{301}x".cut(toBytes: 2) == "e")
        #expect("👨‍👩‍👧".cut(toBytes: 10) == "👨\u{200D}", "an endless character must neither take time nor all of the text")
        for limit in 0..<30 {
            let cut = "aé😀e\u{301}👨‍👩‍👧z".cut(toBytes: limit)
            #expect(cut.utf8.count <= limit)
            #expect("aé😀e\u{301}👨‍👩‍👧z".utf8.starts(with: cut.utf8))
        }
    }

    @Test func progressIsHeldWithinItsBounds() {
        #expect(Progress(fraction: -1).fraction == 0)
        #expect(Progress(fraction: 7).fraction == 1)
        #expect(Progress(fraction: .nan).fraction == 0)
        #expect(Progress(fraction: .infinity).fraction == 1)
        #expect(Progress(fraction: 0.5, note: String(repeating: "x", count: 300)).note.utf8.count == 256)
    }

    @Test func workersAndTokensAreShownAsWords() {
        #expect("\(WorkerID(bits: 0xab))" == "00000000000000ab")
        #expect(WorkerID("00000000000000ab") == WorkerID(bits: 0xab))
        for bad in ["", "ab", "00000000000000ag", "000000000000000ab"] { #expect(WorkerID(bad) == nil) }
        let token = Token(job: JobID(high: 0, low: 1), attempt: 2, worker: WorkerID(bits: 3), counter: 4, locator: 5)
        #expect("\(token)" == "00000000-0000-0000-0000-000000000001.2.0000000000000003.4")
    }
}
