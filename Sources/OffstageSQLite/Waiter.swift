// How a worker sleeps: it has a slot in the wake file, and because a futex blocks, a dedicated thread sleeps on it.
import CSystem
import Dispatch
import OffstageCore
import OffstageSystem
import Synchronization

/// Waits for work in the wake file.
final class Waiter: WorkWaiter {
    private struct Sleep {
        var continuation: CheckedContinuation<Void, Never>
        var deadline: Int64
    }

    private struct State {
        var sleep: Sleep?
        var hasThread = false
        var isClosed = false
    }

    private let file: WakeFile?
    private let slot: WakeFile.Slot
    private let isShared: Bool
    private let wakeAsked = Atomic<Bool>(false)
    private let state = Mutex(State())
    private let request = DispatchSemaphore(value: 0)

    /// Claims a slot. Without a wake file or a free slot in it, the waiter only polls.
    init(_ file: WakeFile?, selection: WorkSelection) {
        self.file = file
        let queues = selection.queues.map { $0.reduce(UInt64(0)) { $0 | WakeFile.bit($1) } } ?? .max
        let types = selection.types.reduce(UInt64(0)) { $0 | WakeFile.bit($1) }
        var selected = FNV1a()
        for name in (selection.queues ?? ["*"]) + selection.types.sorted() { selected.add(name) }
        if let claimed = file?.claim(queues: queues, types: types, selection: selected.value) {
            slot = claimed
            isShared = true
        } else {
            let memory = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
            memory.initializeMemory(as: UInt8.self, repeating: 0, count: 64)
            slot = WakeFile.Slot(memory: memory)
            isShared = false
        }
    }

    deinit {
        if isShared { file?.release(slot) } else { slot.memory.deallocate() }
    }

    func arm() { offstage_store_u32(slot.word, 1) }

    func wake() {
        wakeAsked.store(true, ordering: .sequentiallyConsistent)
        offstage_store_u32(slot.word, 0)
        _ = offstage_futex_wake(slot.word, 1)
    }

    func wait(upTo limit: Duration) async {
        guard limit > .zero, !takeWake(), offstage_load_u32(slot.word) == 1 else { return }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let deadline = offstage_monotonic_ns() &+ min(limit.microseconds, 3_600_000_000) * 1000
                let (refused, startThread) = state.withLock { state -> (Bool, Bool) in
                    guard !state.isClosed, !Task.isCancelled else { return (true, false) }
                    state.sleep = Sleep(continuation: continuation, deadline: deadline)
                    defer { state.hasThread = true }
                    return (false, !state.hasThread)
                }
                if refused { return continuation.resume() }
                if startThread { SystemThread.startEventually("offstage-wait") { self.sleepLoop() } }
                request.signal()
            }
        } onCancel: {
            wake()
        }
        _ = takeWake()
    }

    func close() {
        state.withLock { $0.isClosed = true }
        wake()
        request.signal()
    }

    private func takeWake() -> Bool { wakeAsked.exchange(false, ordering: .sequentiallyConsistent) }

    private func sleepLoop() {
        while true {
            request.wait()
            let (sleep, isClosed) = state.withLock { state -> (Sleep?, Bool) in
                defer { state.sleep = nil }
                return (state.sleep, state.isClosed)
            }
            if let sleep {
                while !isClosed, offstage_load_u32(slot.word) == 1 {
                    let left = sleep.deadline - offstage_monotonic_ns()
                    if left <= 0 { break }
                    _ = offstage_futex_wait(slot.word, 1, left)
                }
                sleep.continuation.resume()
            } else if isClosed {
                return
            }
        }
    }
}
