// How an idle worker in one process learns of a job enqueued by another: `<file>-wake`, a page of shared memory with a
// slot for each waiter. A waiter writes which queues and types it serves (as 64-bit masks of hashes, which can only say
// "perhaps") and arms its slot. A process that commits work for it disarms the slot and wakes the waiter by a futex.
// One job wakes one waiter, and a commit without a waiter costs the reading of a few words. A wake-up can be lost when
// the process that received it dies; the waiters therefore also poll slowly.
import CSystem
import OffstageCore
import OffstageSystem
import Synchronization

// Proof: the mapping is never moved or unmapped before deinit, and its words are only touched through sequentially
// consistent atomic operations of CSystem, from any thread and process alike.
/// The shared memory with the slots of all processes' waiters.
final class WakeFile: @unchecked Sendable {
    private let base: UnsafeMutableRawPointer
    private let path: String
    private let stamp: FileStamp?

    private static let slots = 255
    private static let slotSize = 64
    private static let size = 64 * 256

    // Proof: points into the mapping that the waiter keeps alive, or into memory that the waiter frees last; used only
    // through atomics.
    /// A waiter's slot, or private memory if all slots are taken and the waiter can only poll.
    struct Slot: @unchecked Sendable {
        let memory: UnsafeMutableRawPointer
        var word: UnsafeMutablePointer<UInt32> { memory.assumingMemoryBound(to: UInt32.self) }
        var owner: UnsafeMutablePointer<UInt32> { (memory + 4).assumingMemoryBound(to: UInt32.self) }
        var queues: UnsafeMutablePointer<UInt64> { (memory + 8).assumingMemoryBound(to: UInt64.self) }
        var types: UnsafeMutablePointer<UInt64> { (memory + 16).assumingMemoryBound(to: UInt64.self) }
        /// The same for all waiters with the same selection. The masks alone can be the same for different selections.
        var selection: UnsafeMutablePointer<UInt64> { (memory + 24).assumingMemoryBound(to: UInt64.self) }
    }

    /// Maps the wake file of a database. Makes the file if it is missing.
    init(of database: String) throws {
        path = database + "-wake"
        let descriptor = try SideFile.open(path, beside: database)
        stamp = FileStamp(descriptor: descriptor)
        defer { close(descriptor) }
        // Growing a file that other processes have mapped does not affect them, and no process ever shrinks it. The
        // space is allocated now: on a full disk, a write to a hole in a mapped file is not an error but a signal that
        // kills the process.
        #if canImport(Darwin)
            let problem = ftruncate(descriptor, off_t(Self.size)) == 0 ? 0 : errno
        #else
            let problem = posix_fallocate(descriptor, 0, off_t(Self.size))
        #endif
        guard problem == 0 else { throw StoreError.full("\(path): \(LibC.reason(problem))") }
        guard let mapped = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), mapped != MAP_FAILED
        else { throw StoreError.failed("\(path) cannot be mapped: \(LibC.reason(errno))") }
        base = mapped
    }

    deinit { munmap(base, Self.size) }

    /// Whether other processes that open the store find this same file. If not, they wake no waiter here, nor do we
    /// wake theirs.
    var isInPlace: Bool {
        guard let stamp, let found = FileStamp(path: path) else { return false }
        return found.isSameFile(as: stamp)
    }

    /// The header's one word: the number of slots that have ever been used.
    private var used: UnsafeMutablePointer<UInt32> { base.assumingMemoryBound(to: UInt32.self) }

    private func slot(_ index: Int) -> Slot { Slot(memory: base + 64 + index * Self.slotSize) }

    /// Claims a free slot, or one whose process is dead. Returns nil if there is none.
    func claim(queues: UInt64, types: UInt64, selection: UInt64) -> Slot? {
        let pid = UInt32(truncatingIfNeeded: getpid())
        for index in 0..<Self.slots {
            let slot = slot(index)
            let owner = offstage_load_u32(slot.owner)
            let isFree = owner == 0 || (kill(pid_t(bitPattern: owner), 0) != 0 && errno == ESRCH)
            guard isFree, offstage_compare_exchange_u32(slot.owner, owner, pid) else { continue }
            offstage_store_u32(slot.word, 0)
            offstage_store_u64(slot.queues, queues)
            offstage_store_u64(slot.types, types)
            offstage_store_u64(slot.selection, selection)
            var seen = offstage_load_u32(used)
            while seen < UInt32(index + 1), !offstage_compare_exchange_u32(used, seen, UInt32(index + 1)) {
                seen = offstage_load_u32(used)
            }
            return slot
        }
        return nil
    }

    /// Releases a slot.
    func release(_ slot: Slot) {
        offstage_store_u32(slot.word, 0)
        offstage_store_u64(slot.queues, 0)
        offstage_store_u32(slot.owner, 0)
    }

    /// Wakes up to `count` armed waiters of each selection that may serve this queue and type. The count is for each
    /// selection because a mask only says "perhaps": a waiter that does not match after all must not use up the wake-up
    /// of one that does.
    func wake(queue: UInt64, type: UInt64, count: Int) {
        var left: [UInt64: Int] = [:]
        for index in 0..<min(Self.slots, Int(offstage_load_u32(used))) {
            let slot = slot(index)
            guard offstage_load_u32(slot.word) == 1, offstage_load_u64(slot.queues) & queue != 0,
                offstage_load_u64(slot.types) & type != 0
            else { continue }
            let selection = offstage_load_u64(slot.selection)
            guard left[selection, default: count] > 0, offstage_compare_exchange_u32(slot.word, 1, 0) else { continue }
            // A waiter that is armed and not asleep is about to look for work, busy, or dead. It is disarmed, and
            // another one is woken.
            if offstage_futex_wake(slot.word, 1) > 0 { left[selection, default: count] -= 1 }
        }
    }

    /// Returns the mask bit of a name; the same in every process.
    static func bit(_ name: String) -> UInt64 {
        var hash = FNV1a()
        hash.add(name)
        return 1 << ((hash.value ^ hash.value >> 32) & 63)
    }
}
