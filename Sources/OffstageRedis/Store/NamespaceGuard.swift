// Decides what to do when a script finds another namespace than the one that was opened, or none
// (Scripts/identity.lua). On a single server the answer is immediate: the opened namespace is gone, and nothing is
// written into the one that exists now. In a cluster, a partition may only be on the move: its slot was half moved when
// its master failed over. Then calls are delayed until every key of the slot is on one node again. That node is then
// recorded as the partition's new home.
import OffstageCore
import Synchronization

/// Judges what scripts report about a namespace's identity.
final class NamespaceGuard: Sendable {
    private struct Look {
        var isUnderWay = false
        /// Why the partition has to wait; nil if it does not.
        var why: String?
        var isTold = false
        /// When the namespace was last seen to be missing, on the monotonic clock.
        var goneAt: Int64?
    }

    private struct State {
        var looks: [Int: Look] = [:]
        var partitions: [Int: [Partition]] = [:]
        /// Zeros until it is known.
        var identity = [UInt8](repeating: 0, count: ScriptCaller.identityLength)
    }

    /// For how long a namespace that was seen to be missing counts as missing, in microseconds.
    private static let goneFor: Int64 = 5_000_000

    private let location: String
    private let namespace: String
    private let isCluster: Bool
    private let log: any Log
    private let clock = SystemTime()
    private let script = RedisScripts.adopting
    private let state = Mutex(State())
    private let client = Mutex<WeakClient>(WeakClient())

    private struct WeakClient { weak var client: RedisClient? }

    init(location: String, namespace: String, isCluster: Bool, log: any Log) {
        self.location = location
        self.namespace = namespace
        self.isCluster = isCluster
        self.log = log
        watch([Partition(namespace: namespace, index: 0)])
    }

    /// Sets the client to inspect slots with. The client owns this object, so it is referenced weakly.
    func use(_ client: RedisClient) { self.client.withLock { $0.client = client } }

    /// Sets the partitions to watch.
    func watch(_ partitions: [Partition]) {
        state.withLock { $0.partitions = Dictionary(grouping: partitions, by: \.slot) }
    }

    /// Sets the namespace's identity.
    func expect(_ identity: [UInt8]) { state.withLock { $0.identity = identity } }

    /// Returns what to do with a call that received this error.
    func judge(_ text: String, slot: Int) -> StrangerVerdict {
        guard isCluster, !text.hasPrefix("OFFSTAGE_OTHER") else { return .failed(.lost(gone(text))) }
        let now = clock.monotonicMicroseconds()
        let (look, begins) = state.withLock { state in
            var look = state.looks[slot, default: Look()]
            let begins = !look.isUnderWay
            look.isUnderWay = true
            state.looks[slot] = look
            return (look, begins)
        }
        if begins { Task { await self.look(at: slot) } }
        if let at = look.goneAt, now - at < Self.goneFor { return .failed(.lost(gone(text))) }
        return .again(look.why ?? "whether the partition is whole is looked at: \(text)")
    }

    private func gone(_ text: String) -> String {
        let what =
            text.hasPrefix("OFFSTAGE_OTHER")
            ? "was made anew by somebody else since it was opened here"
            : "is gone (FLUSHALL, or a restart without its data)"
        return
            "\(location): namespace \(namespace) \(what), and the jobs that it held with it; start this program again "
            + "to use what is there now"
    }

    private func look(at slot: Int) async {
        guard let client = client.withLock({ $0.client }) else { return }
        var why: String?
        var isGone = false
        switch await client.inspect(slot: slot) {
        case .open(let reason): why = reason
        case .whole:
            do { isGone = try await adopt(slot, client) } catch { why = "\(error)" }
        }
        let (tells, was) = state.withLock { state in
            var look = state.looks[slot, default: Look()]
            let was = look
            look.isUnderWay = false
            look.why = why
            look.goneAt = isGone ? clock.monotonicMicroseconds() : nil
            // A slot is usually open only for a moment. Log it only if it is still open at the second look.
            look.isTold = why != nil && (was.isTold || was.why != nil)
            state.looks[slot] = why == nil && !isGone ? nil : look
            return (look.isTold && !was.isTold, was)
        }
        if tells, let why {
            log(.warning, "redis: a partition waits until its slot is whole", ["slot": "\(slot)", "why": why])
        } else if was.isTold, why == nil, !isGone {
            log(.info, "redis: the partition's slot is whole again", ["slot": "\(slot)"])
        }
    }

    /// Records that the slot's partitions now live on its master. Returns whether one of them is gone.
    private func adopt(_ slot: Int, _ client: RedisClient) async throws -> Bool {
        let (partitions, identity) = state.withLock { ($0.partitions[slot] ?? [], $0.identity) }
        var isGone = false
        for partition in partitions {
            var command = RedisCommand(script, keys: partition.keys)
            command.append(identity)
            command.append([UInt8](repeating: 0, count: 8))
            let answer = try await client.call(command, slot: slot, role: .look, patience: .seconds(2)) { $0.text }
            // The next script meets another namespace and reports it.
            isGone = isGone || answer == "gone"
        }
        return isGone
    }
}
