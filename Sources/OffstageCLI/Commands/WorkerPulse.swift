// Reads the workers' heartbeats from the queue of data.queue, so that the supervisor can see which workers are live.
import OffstageComponents
import OffstageCore

/// Reads the heartbeats of a running app's workers.
actor WorkerPulse {
    private let time: any TimeSource
    private var store: (any Store)?

    init(time: any TimeSource) {
        self.time = time
    }

    /// Returns the heartbeats; nil if there is no data.queue, or it does not answer.
    func heartbeats(_ environment: [String: String]) async -> [Heartbeat]? {
        do {
            guard let store = try await open(environment) else { return nil }
            // Use the store's clock, which stamped the heartbeats.
            let now = try await store.now()
            return try await store.workers().map { Heartbeat(pid: $0.status.pid, age: now - $0.seenAt) }
        } catch {
            await close()
            return nil
        }
    }

    /// Closes the store, if one was opened.
    func close() async {
        let opened = store
        store = nil
        await opened?.close()
    }

    private func open(_ environment: [String: String]) async throws -> (any Store)? {
        if let store { return store }
        guard QueueComponent(environment) != nil else { return nil }
        var options = StoreOptions()
        options.time = time
        options.patience = .seconds(5)
        options.log = SilentLog()
        store = try await StoreOpener.open(
            try StoreURL.resolve(option: nil, environment: environment), options: options)
        return store
    }
}
