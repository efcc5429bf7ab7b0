// Which roles a case needs. Nobody writes that down: the case runs on the reference model, and what it calls there is
// what it needs, so a case that changes cannot claim the wrong roles.
import OffstageCore
import OffstageMemory
import Synchronization

/// The reference model, with a record of the roles that were used.
private final class RoleRecorder: ForwardingStore {
    let base: any Store
    private let used = Mutex<Set<StoreRole>>([])

    init(_ base: any Store) { self.base = base }

    var roles: Set<StoreRole> { used.withLock { $0 } }

    private func note(_ role: StoreRole) { used.withLock { _ = $0.insert(role) } }

    func pass<Answer: Sendable>(
        _ verb: StoreVerb, _ call: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        note(verb.role)
        return try await call()
    }

    func makeWaiter(for selection: WorkSelection) -> any WorkWaiter {
        note(.workSource)
        return base.makeWaiter(for: selection)
    }

    func now() async throws -> Timestamp {
        note(.inspection)
        return try await base.now()
    }

    func examine() async throws -> [Finding] {
        note(.inspection)
        return try await base.examine()
    }
}

extension ConformanceCase {
    /// The roles that the case uses; it runs on the store in memory to find out. Throws if it fails there.
    func roles() async throws -> Set<StoreRole> {
        let time = ManualTime()
        let recorder = RoleRecorder(MemoryStore(options: storeOptions(time)))
        try await body(Trial(store: recorder, time: time))
        await recorder.close()
        return recorder.roles
    }

    /// The options of a fresh store for this case, with a clock that is set manually.
    func storeOptions(_ time: ManualTime) -> StoreOptions {
        var options = StoreOptions()
        options.time = time
        options.log = SilentLog()
        self.options(&options)
        return options
    }
}
