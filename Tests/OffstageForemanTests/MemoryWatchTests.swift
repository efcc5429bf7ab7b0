// Which crashes are attributed to a lack of memory.
import Synchronization
import Testing

@testable import OffstageForeman

@Suite struct MemoryWatchTests {
    private final class Counts: Sendable {
        let killed = Mutex(0)
        var now: MemoryPressure { killed.withLock { MemoryPressure(group: 0, machine: $0) } }
        func kill() { killed.withLock { $0 += 1 } }
    }

    private let counts = Counts()

    @Test func aKillingExplainsOneDeath() {
        var watch = MemoryWatch(at: 0) { [counts] in counts.now }
        #expect(watch.explainsADeath() == false)
        counts.kill()
        counts.kill()
        #expect(watch.explainsADeath() == true)
        #expect(watch.explainsADeath() == true)
        #expect(watch.explainsADeath() == false)
    }

    @Test func aKillingIsSoonForgotten() {
        var watch = MemoryWatch(at: 0) { [counts] in counts.now }
        counts.kill()
        // A look between the kill and the end of the process does not discard the kill.
        watch.look(at: 3_000_000)
        counts.kill()
        watch.look(at: 6_000_000)
        #expect(watch.explainsADeath() == true)
        #expect(watch.explainsADeath() == false)
        counts.kill()
        for second in 7...14 { watch.look(at: Int64(second) * 1_000_000) }
        #expect(watch.explainsADeath() == false)
    }
}
