// The sleep of one worker: arm, reserve, and wait if there was nothing. `arm` registers the waiter in every partition,
// on the same connection and ahead of the reservation, so no job is missed between reserving and sleeping. A wake-up is
// passed on if the waiter is not asleep, or if its task is cancelled at that moment.
import OffstageCore
import Synchronization

/// Sleeps until a selection may have work in a Redis store.
final class RedisWaiter: WorkWaiter {
    /// What a wake-up was for: a job of a lane, in a partition.
    struct News: Sendable {
        var partition: Int
        var lane: String
    }

    private struct State {
        var isArmed = false
        var isTold = false
        var news: News?
        var sleeper: CheckedContinuation<Void, Never>?
    }

    let number: Int
    let selection: RedisSelection
    private let time: any TimeSource
    private let others: RedisWaiters
    private let state = Mutex(State())

    init(number: Int, selection: RedisSelection, time: any TimeSource, among others: RedisWaiters) {
        self.number = number
        self.selection = selection
        self.time = time
        self.others = others
    }

    func arm() {
        state.withLock { state in
            state.isTold = false
            state.news = nil
            state.isArmed = true
        }
        others.enter(self)
    }

    func wait(upTo limit: Duration) async {
        await withTaskCancellationHandler {
            let alarm = Task { [time] in
                do { try await time.sleep(for: limit) } catch { return }
                self.wake()
            }
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    guard !state.isTold, !Task.isCancelled else { return true }
                    state.sleeper = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
            alarm.cancel()
        } onCancel: {
            wake()
        }
        if Task.isCancelled { passOn() }
    }

    func wake() {
        let sleeper = state.withLock { state in
            state.isTold = true
            return state.sleeper.take()
        }
        sleeper?.resume()
    }

    func close() {
        others.leave(self)
        passOn()
        wake()
    }

    /// Handles a wake-up. If the waiter is not asleep, the wake-up is passed on, because this worker reserves again
    /// anyway.
    func tell(_ news: News) {
        let sleeper = state.withLock { state in
            state.isTold = true
            let sleeper = state.sleeper.take()
            if sleeper != nil { state.news = news }
            return sleeper
        }
        if let sleeper { sleeper.resume() } else { others.passOn(news, from: self) }
    }

    /// The channel is subscribed again, and messages published meanwhile are lost: registers again and wakes, to
    /// reserve again.
    func lookAgain() {
        guard state.withLock({ $0.isArmed }) else { return }
        others.enter(self)
        wake()
    }

    private func passOn() {
        if let news = state.withLock({ $0.news.take() }) { others.passOn(news, from: self) }
    }
}

/// A selection in the form that the scripts read, and a short name for it.
struct RedisSelection: Sendable {
    let words: String
    let name: String

    init(_ selection: WorkSelection) {
        words = selection.words
        name = SHA256.hash(Array(words.utf8)).prefix(12).map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }
}
