// Reads the messages of one process's keeper and passes them on: first whether the program runs, then how it ended. The
// state is in one Mutex; the thread reads, and all waiters use continuations.
import CSystem
import OffstageSystem
import Synchronization

/// The supervisor's end of a keeper.
final class ComponentWatch: Sendable {
    /// The keeper's first message.
    enum Begin: Sendable {
        case runs(Int32)
        /// The errno value with the failed step, or 0 if the keeper was killed.
        case failed(Int32)
    }

    private struct State {
        var begin: Begin?
        var beginWaiter: CheckedContinuation<Begin, Never>?
        var end: ComponentEnd?
        var waiters: [UInt64: CheckedContinuation<ComponentEnd?, Never>] = [:]
        var nextWaiter: UInt64 = 0
        var life: Int32
    }

    private let keeper: Int32
    private let status: Int32
    private let state: Mutex<State>

    /// Takes ownership of the life pipe and the status pipe, and reaps the keeper.
    init(_ started: offstage_program) {
        keeper = started.keeper
        status = started.status
        state = Mutex(State(life: started.life))
        if SystemThread.start({ self.listen() }) != 0 {
            // Without a thread its end would go unnoticed, so cancel the start.
            cut()
            tellBegin(.failed(EAGAIN))
        }
    }

    func begun() async -> Begin {
        await withCheckedContinuation { continuation in
            let begin = state.withLock { state -> Begin? in
                if state.begin == nil { state.beginWaiter = continuation }
                return state.begin
            }
            if let begin { continuation.resume(returning: begin) }
        }
    }

    var end: ComponentEnd? { state.withLock { $0.end } }

    func wait() async throws(CancellationError) -> ComponentEnd {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let end = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let end = state.withLock { state -> ComponentEnd?? in
                    if let end = state.end { return .some(end) }
                    if Task.isCancelled { return .some(nil) }
                    state.waiters[number] = continuation
                    return nil
                }
                if let end { continuation.resume(returning: end) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.resume(returning: nil)
        }
        guard let end else { throw CancellationError() }
        return end
    }

    /// Sends a byte to the keeper. The descriptor is non-blocking; a byte that does not fit into a full pipe is
    /// dropped, because the pipe already holds more than the keeper needs.
    func send(_ byte: UInt8) {
        state.withLock { state in
            guard state.life >= 0 else { return }
            var byte = byte
            _ = write(state.life, &byte, 1)
        }
    }

    /// Closes the life pipe, which makes the keeper kill the process.
    func cut() {
        state.withLock { state in
            guard state.life >= 0 else { return }
            _ = close(state.life)
            state.life = -1
        }
    }

    /// The thread's body.
    private func listen() {
        var group: Int32 = 0
        if let word = nextWord() {
            if word < 0 {
                tellBegin(.failed(-word))
            } else {
                group = word
                tellBegin(.runs(word))
            }
        } else {
            tellBegin(.failed(0))
        }
        var end = ComponentEnd(status: .lost, wasStopped: false)
        var last: Int32?
        while let word = nextWord() { last = word }
        if let last {
            let stopped = Int32(OFFSTAGE_WAS_STOPPED)
            let ending = last & ~stopped
            end.status = ending < 256 ? .exited(ending) : .signalled(ending - 256)
            end.wasStopped = last & stopped != 0
        } else if group > 1 {
            _ = kill(-group, SIGKILL)
        }
        cut()
        _ = close(status)
        var body: Int32 = 0
        while waitpid(keeper, &body, 0) < 0, errno == EINTR {}
        tellEnd(end)
    }

    /// Returns the keeper's next message; nil at the end of the pipe.
    private func nextWord() -> Int32? {
        var word: Int32 = 0
        while true {
            // A pipe delivers four bytes in one piece.
            let count = read(status, &word, 4)
            if count == 4 { return word }
            if count == 0 { return nil }
            if count < 0, errno != EINTR, errno != EAGAIN { return nil }
            Descriptor.waitToRead(status)
        }
    }

    private func tellBegin(_ begin: Begin) {
        let waiter = state.withLock { state in
            if state.begin == nil { state.begin = begin }
            defer { state.beginWaiter = nil }
            return state.beginWaiter
        }
        waiter?.resume(returning: begin)
    }

    private func tellEnd(_ end: ComponentEnd) {
        let waiters = state.withLock { state in
            state.end = end
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(returning: end) }
    }
}
