// redis-cli moves the slots of a cluster to and fro under load: complete moves, one that is interrupted, and one during
// which the master dies. While a slot is open, nothing is done in it. Nothing is lost, and no reader gets a part in
// place of the whole.
import OffstageCore
import OffstageTesting
import RedisServers
import Synchronization
import TestProcesses
import Testing

extension RedisTorture {
    @Suite(.timeLimit(.minutes(15)), .serialized) struct RedisReshardTests {
        /// The first partition's slot is among those that `reshard` moves first. (The second one's cannot be too: CRC16
        /// is linear, so the two always differ in the same bits.)
        private static let slots = 80
        private static let partitions = 2

        private struct Stage {
            let cluster: RedisCluster
            let stream: Stream
            let slots: [Int]
        }

        @Test func nothingIsLostWhileSlotsMove() async throws {
            let isLong = Crew.isLong("slots of a cluster moved under load")
            let cluster = try await RedisCluster.start()
            let (namespace, slots) = try Self.lowNamespace()
            // Only data that a replica also has survives the death of a master.
            let options = "namespace=\(namespace)&partitions=\(Self.partitions)&wait=1&wait-timeout=5000ms"
            let stream = try await Stream(
                "slots moved", "\(cluster.url)?\(options)", jobs: isLong ? 60_000 : 8000, lease: .seconds(6))
            defer { stream.end() }
            let stage = Stage(cluster: cluster, stream: stream, slots: slots)
            try await stream.isUnderWay(0.05)
            try await stream.steer()
            let looker = Looker(stream.store)
            let looking = Task { await looker.run() }
            for _ in 0..<(isLong ? 10 : 2) { try await Self.reshard(stage) }
            for _ in 0..<(isLong ? 4 : 1) { try await Self.interrupt(stage) }
            for slot in isLong ? slots : [slots[0]] { try await Self.leaveHalfMoved(slot, stage) }
            for slot in isLong ? slots : [slots[1]] { try await Self.loseMaster(slot, stage) }
            try await stream.runsOut()
            looking.cancel()
            await looking.value
            #expect(looker.lowered.isEmpty, "jobs seen, then fewer: \(looker.lowered.prefix(5))")
            #expect(looker.looks > 20)
            try await stream.judge(mayLose: false)
            try await cluster.isWhole()
        }

        // MARK: Operations on the slots

        private static func reshard(_ stage: Stage) async throws {
            let source = try await stage.cluster.master(ofSlot: stage.slots[0])
            let target = try #require(try await stage.cluster.masters().first { $0 !== source })
            try await stage.cluster.reshard(Self.slots, from: source, to: target)
            try await stage.cluster.isWhole()
            #expect(try await stage.cluster.master(ofSlot: stage.slots[0]) === target)
        }

        /// Kills redis-cli in the middle of a move. It may take several attempts until that leaves a slot open.
        private static func interrupt(_ stage: Stage) async throws {
            for attempt in 1...20 {
                let source = try await stage.cluster.master(ofSlot: stage.slots[0])
                let target = try #require(try await stage.cluster.masters().first { $0 !== source })
                try await stage.cluster.interruptReshard(
                    Self.slots, from: source, to: target, after: .milliseconds(60 + 37 * attempt % 400))
                let open = try await stage.cluster.openSlots(of: source).union(stage.cluster.openSlots(of: target))
                try await SystemTime().sleep(for: .milliseconds(300))
                try await stage.cluster.fix()
                if !open.isEmpty { return }
            }
            Issue.record("redis-cli was never interrupted while a slot was open")
        }

        /// Leaves a move unfinished with a part of a partition's keys moved.
        private static func leaveHalfMoved(_ slot: Int, _ stage: Stage) async throws {
            let migration = try await stage.cluster.migration(ofSlot: slot)
            try await migration.begin()
            try await migration.moveKeys(5)
            try await SystemTime().sleep(for: .seconds(1))
            try await stage.cluster.fix()
        }

        /// Kills the master of a half-moved slot. Its replica has the keys that had not been moved, and no node reports
        /// a problem.
        private static func loseMaster(_ slot: Int, _ stage: Stage) async throws {
            let migration = try await stage.cluster.migration(ofSlot: slot)
            try await migration.begin()
            try await migration.moveKeys(4)
            let old = try await stage.cluster.failoverInMiddle(of: migration).old
            try await SystemTime().sleep(for: .seconds(1))
            try await stage.cluster.repair(old)
        }

        private struct NoNamespace: Error {}

        // MARK: Names

        /// Returns a namespace whose first partition is in the lowest slots.
        private static func lowNamespace() throws -> (name: String, slots: [Int]) {
            for number in 0..<100_000 {
                let slots = (0..<Self.partitions).map { slot(of: "m\(number).\($0)") }
                if slots[0] < Self.slots { return ("m\(number)", slots) }
            }
            throw NoNamespace()
        }

        /// CRC16 of the text in the braces, as Redis Cluster computes it.
        private static func slot(of tag: String) -> Int {
            var crc: UInt16 = 0
            for byte in tag.utf8 {
                crc ^= UInt16(byte) << 8
                for _ in 0..<8 { crc = crc & 0x8000 != 0 ? crc << 1 ^ 0x1021 : crc << 1 }
            }
            return Int(crc & 16383)
        }
    }
}

/// Reads the counts all the time: the number of records never falls while nothing is pruned or removed.
private final class Looker: Sendable {
    private let store: any Store
    private let state = Mutex((most: 0, looks: 0, lowered: [String]()))

    init(_ store: any Store) { self.store = store }

    var looks: Int { state.withLock { $0.looks } }
    var lowered: [String] { state.withLock { $0.lowered } }

    func run() async {
        while !Task.isCancelled {
            if let counts = try? await store.counts() {
                let now = JobState.allCases.reduce(0) { $0 + counts.total($1) }
                state.withLock { state in
                    state.looks += 1
                    if now < state.most { state.lowered.append("\(state.most) then \(now)") }
                    state.most = max(state.most, now)
                }
            }
            try? await SystemTime().sleep(for: .milliseconds(20))
        }
    }
}
