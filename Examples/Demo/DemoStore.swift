// Opens the store by its address, whatever kind it is: that is the command line's business, which this demo borrows.

import Offstage
import OffstageCLI

enum DemoStore {
    /// The variable in which the components get the store's address: it may have a password in it, which everybody
    /// could read among a process's arguments.
    static let variable = "OFFSTAGE_STORE"
    /// How long a lease lasts in a run whose worker is killed; 20 s is usual, and longer than one likes to watch.
    static let shortLease = Duration.seconds(6)

    static func open(_ url: StoreURL?, lease: Duration? = nil) async throws -> any Store {
        guard let url else { throw DemoError("no store is given") }
        var options = StoreOptions()
        if let lease { options.lease = lease }
        return try await StoreOpener.open(url, options: options)
    }

    /// Throws one line if nobody answers at the address.
    static func check(_ url: StoreURL) async throws {
        var options = StoreOptions()
        options.patience = .seconds(3)
        options.log = SilentLog()
        try await StoreOpener.open(url, options: options).close()
    }
}
