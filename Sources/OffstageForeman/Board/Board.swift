// The board on which a worker process writes what it is about to run, so that its foreman can read it after the process
// has died: one file in memory that both map. Writing costs a handler a few stores and no system call. The foreman
// reads the slots of dead processes only, so nothing changes during the read. But a process can die between any two
// stores, so each slot's first word is written last and cleared first.
import CSystem
import OffstageSystem

/// Memory that a worker process and its foreman share.
// Proof: `base` and `slots` never change, and the memory stays mapped until the last reference is released. Words that
// both sides access while both live are read and written atomically; each slot has one writer, its runner.
final class Board: @unchecked Sendable {
    /// The words of the head, by their index.
    enum Word: Int {
        /// Identifies a board and its layout.
        case magic
        /// How many slots there are.
        case slots
        /// The process that has taken the board.
        case owner
        /// The kind of the process's post: a `PostKind`.
        case kind
        /// After how many jobs the process ends; 0 for never.
        case jobLimit
        /// The worker's id, written just before the worker introduces itself to the store.
        case worker
        /// 1 once the store knows the worker and the worker begins to reserve.
        case ready
        /// 1 once a handler was started.
        case hasRun
        /// 1 while the worker has seen a suspect that the foreman does not know of yet.
        case suspect
        /// 1 when the process has done as many jobs as it may, and another should take its place.
        case served
        /// How far the worker has come: an `Inquest.Course`.
        case finished
        /// 1 when the store has taken back everything the worker held.
        case retired
    }

    private static let magic: UInt64 = 0x4F46_4653_5442_0001
    private static let headBytes = 128
    private static let slotBytes = 384

    let slots: Int
    private let base: UnsafeMutableRawPointer
    private let bytes: Int

    private init(base: UnsafeMutableRawPointer, slots: Int) {
        self.base = base
        self.slots = slots
        bytes = Self.size(slots)
    }

    deinit { munmap(base, bytes) }

    private static func size(_ slots: Int) -> Int { headBytes + slots * slotBytes }

    /// Makes a board, and the descriptor through which a child can map it.
    static func make(slots: Int) throws(ForemanError) -> (board: Board, descriptor: Int32) {
        var descriptor: Int32 = -1
        let problem = offstage_shared_file(size(slots), &descriptor)
        guard problem == 0 else { throw .system("make memory to share with a worker process", problem) }
        guard let base = map(descriptor, size(slots)) else {
            let reason = errno
            Descriptor.close(descriptor)
            throw .system("map memory to share with a worker process", reason)
        }
        let board = Board(base: base, slots: slots)
        board[.slots] = UInt64(slots)
        board[.magic] = magic
        return (board, descriptor)
    }

    /// Maps the board of an inherited descriptor; nil if the descriptor is not a board.
    static func open(_ descriptor: Int32) -> Board? {
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG, facts.st_size >= headBytes,
            let base = map(descriptor, Int(facts.st_size))
        else { return nil }
        let words = base.assumingMemoryBound(to: UInt64.self)
        let slots = words[Word.slots.rawValue]
        let isBoard = words[Word.magic.rawValue] == magic
        guard isBoard, slots <= 10_000, size(Int(slots)) == Int(facts.st_size) else {
            munmap(base, Int(facts.st_size))
            return nil
        }
        return Board(base: base, slots: Int(slots))
    }

    private static func map(_ descriptor: Int32, _ bytes: Int) -> UnsafeMutableRawPointer? {
        let base = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        return base == MAP_FAILED ? nil : base
    }

    /// A word of the head.
    subscript(word: Word) -> UInt64 {
        get { offstage_load_u64(head(word)) }
        set { offstage_store_u64(head(word), newValue) }
    }

    /// Takes the board for a process. Returns false if another process has it.
    func take(by process: Int32) -> Bool { offstage_compare_exchange_u64(head(.owner), 0, UInt64(process)) }

    /// Sets a word to 1. Returns whether it was not 1 before.
    func raise(_ word: Word) -> Bool { offstage_exchange_u64(head(word), 1) == 0 }

    private func head(_ word: Word) -> UnsafeMutablePointer<UInt64> {
        base.assumingMemoryBound(to: UInt64.self) + word.rawValue
    }

    /// The slot with this number; nil beyond the last one.
    func slot(_ number: Int) -> BoardSlot? {
        guard number >= 0, number < slots else { return nil }
        return BoardSlot(base: base + Self.headBytes + number * Self.slotBytes)
    }
}
