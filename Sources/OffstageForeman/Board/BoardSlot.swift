// One slot of the board, word by word: whether it is taken, the token, when the handler started, and its last reported
// progress.
import CSystem
import OffstageCore

/// A slot in shared memory; valid as long as its board.
struct BoardSlot {
    private enum Word: Int {
        case isTaken, jobHigh, jobLow, attempt, worker, counter, locator, startedAt, fraction, noteBytes, note
    }

    private static let noteLimit = 256

    private let base: UnsafeMutableRawPointer

    init(base: UnsafeMutableRawPointer) { self.base = base }

    private var words: UnsafeMutablePointer<UInt64> { base.assumingMemoryBound(to: UInt64.self) }
    private var note: UnsafeMutableRawPointer { base + Word.note.rawValue * 8 }

    private subscript(word: Word) -> UInt64 {
        get { words[word.rawValue] }
        nonmutating set { words[word.rawValue] = newValue }
    }

    /// Writes the job that starts; `now` is the machine's monotonic clock in microseconds.
    func fill(_ token: Token, at now: Int64) {
        self[.jobHigh] = token.job.high
        self[.jobLow] = token.job.low
        self[.attempt] = UInt64(bitPattern: Int64(token.attempt))
        self[.worker] = token.worker.bits
        self[.counter] = token.counter
        self[.locator] = UInt64(bitPattern: token.locator)
        self[.startedAt] = UInt64(bitPattern: now)
        self[.noteBytes] = 0
        self[.fraction] = UInt64.max
        offstage_store_u64(words, 1)
    }

    /// Marks the slot as empty.
    func clear() { offstage_store_u64(words, 0) }

    /// Writes the handler's progress.
    func write(_ progress: Progress) {
        var text = progress.note.cut(toBytes: Self.noteLimit)
        offstage_store_u64(words + Word.noteBytes.rawValue, 0)
        text.withUTF8 { bytes in
            if let start = bytes.baseAddress { note.copyMemory(from: start, byteCount: bytes.count) }
        }
        self[.fraction] = progress.fraction.bitPattern
        offstage_store_u64(words + Word.noteBytes.rawValue, UInt64(text.utf8.count))
    }

    /// What ran here when the process died; nil if nothing did.
    var attempt: BoardAttempt? {
        guard offstage_load_u64(words) == 1 else { return nil }
        let token = Token(
            job: JobID(high: self[.jobHigh], low: self[.jobLow]), attempt: Int(truncatingIfNeeded: self[.attempt]),
            worker: WorkerID(bits: self[.worker]), counter: self[.counter],
            locator: Int64(bitPattern: self[.locator]))
        let count = min(Self.noteLimit, Int(truncatingIfNeeded: self[.noteBytes] & 0xFFFF))
        let text = String(decoding: UnsafeRawBufferPointer(start: note, count: count), as: UTF8.self)
        let fraction = self[.fraction]
        return BoardAttempt(
            token: token, startedAt: Int64(bitPattern: self[.startedAt]),
            progress: fraction == .max
                ? nil : Progress(fraction: Double(bitPattern: fraction), note: text))
    }
}

/// What a slot held when its process died.
struct BoardAttempt: Sendable, Hashable {
    var token: Token
    /// By the machine's monotonic clock, in microseconds.
    var startedAt: Int64
    var progress: Progress?
}
