// The waiters that sleep until there is work. A process has one channel per partition, subscribed at the server that
// holds the partition. A script that makes a job reservable publishes to one waiter that can take it. PUBLISH returns
// to the script how many clients received the message, so a waiter whose process no longer exists is skipped at once. A
// blocking pop on a list could not detect that.
import OffstageCore
import Synchronization

/// The waiters of one store.
final class RedisWaiters: Sendable {
    private struct State {
        var waiters: [Int: RedisWaiter] = [:]
        var lastNumber = 0
        var subscribers: [RedisSubscriber] = []
        var isSubscribed = false
        var isClosed = false
    }

    private let caller: ScriptCaller
    private let partitions: Partitions
    private let time: any TimeSource
    private let instance: String
    private let state = Mutex(State())

    init(caller: ScriptCaller, partitions: Partitions, time: any TimeSource) {
        self.caller = caller
        self.partitions = partitions
        self.time = time
        var random = SystemRandom()
        instance = "\(WorkerID(bits: random.next()))"
    }

    /// Makes a waiter. The first one subscribes the store to its channels.
    func make(for selection: WorkSelection) -> RedisWaiter {
        let (waiter, isFirst) = state.withLock { state in
            state.lastNumber += 1
            let waiter = RedisWaiter(
                number: state.lastNumber, selection: RedisSelection(selection), time: time, among: self)
            state.waiters[waiter.number] = waiter
            defer { state.isSubscribed = true }
            return (waiter, !state.isSubscribed && !state.isClosed)
        }
        if isFirst { subscribe() }
        return waiter
    }

    private func subscribe() {
        for partition in partitions.all {
            let subscriber = caller.client.subscribe(
                channel: partition.channel(of: instance), slot: partition.slot,
                onSubscribed: { [weak self] in self?.lookAgain() },
                onMessage: { [weak self] message in self?.tell(message, partition: partition.index) })
            state.withLock { $0.subscribers.append(subscriber) }
        }
    }

    private func lookAgain() {
        for waiter in state.withLock({ Array($0.waiters.values) }) { waiter.lookAgain() }
    }

    /// Handles a message, "number|queue|type": the waiter's number, and the lane it is woken for.
    private func tell(_ message: [UInt8], partition: Int) {
        let text = String(decoding: message, as: UTF8.self)
        guard let bar = text.firstIndex(of: "|"), let number = Int(text[..<bar]) else { return }
        let news = RedisWaiter.News(partition: partition, lane: String(text[text.index(after: bar)...]))
        if let waiter = state.withLock({ $0.waiters[number] }) { waiter.tell(news) }
    }

    /// Registers a waiter in every partition.
    func enter(_ waiter: RedisWaiter) {
        for partition in partitions.all { cast("waits", waiter, on: partition) }
    }

    /// Removes a waiter from every partition.
    func leave(_ waiter: RedisWaiter) {
        guard state.withLock({ $0.waiters.removeValue(forKey: waiter.number) }) != nil else { return }
        for partition in partitions.all { cast("goes", waiter, on: partition) }
    }

    /// Has another waiter woken for the same lane.
    func passOn(_ news: RedisWaiter.News, from waiter: RedisWaiter) {
        cast("passes on", waiter, on: partitions.all[news.partition], lane: news.lane)
    }

    private func cast(_ word: String, _ waiter: RedisWaiter, on partition: Partition, lane: String = "") {
        caller.cast(caller.scripts.idle, on: partition) { command in
            command.append(word)
            command.append(waiter.selection.name)
            command.append(waiter.selection.words)
            command.append("\(instance)/\(waiter.number)")
            command.append(lane)
        }
    }

    /// Ends the subscriptions and wakes all waiters.
    func close() async {
        let (subscribers, waiters) = state.withLock { state in
            state.isClosed = true
            defer { state.subscribers = [] }
            return (state.subscribers, Array(state.waiters.values))
        }
        for waiter in waiters { leave(waiter) }
        for subscriber in subscribers { await subscriber.close() }
        for waiter in waiters { waiter.wake() }
    }
}
