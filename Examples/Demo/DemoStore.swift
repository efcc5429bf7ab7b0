// Opens the store by its URL. This is the demo's composition root: the only place that knows which store it is.

import Offstage
import OffstageSQLite

enum DemoStore {
    /// How long a lease lasts in a run whose worker is killed; 20 s is usual, and longer than one likes to watch.
    static let shortLease = Duration.seconds(6)

    static func open(_ url: String, lease: Duration? = nil) async throws -> any Store {
        let scheme = "sqlite:"
        guard url.hasPrefix(scheme) else { throw DemoError("the store must be sqlite:PATH, not \(url)") }
        var options = StoreOptions()
        if let lease { options.lease = lease }
        return try await SQLiteStore.open(String(url.dropFirst(scheme.count)), options: options)
    }
}
