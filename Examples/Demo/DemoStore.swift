// Opens the store by its address, whatever its kind, with the command line's own code.

import Offstage
import OffstageCLI

enum DemoStore {
    /// The environment variable in which the components get the store's address. It may contain a password, which every
    /// user could read among a process's arguments.
    static let variable = "OFFSTAGE_STORE"
    /// The lease time in a run whose worker is killed. The usual 20 s take longer than one likes to watch.
    static let shortLease = Duration.seconds(6)

    static func open(_ url: StoreURL?, lease: Duration? = nil) async throws -> any Store {
        guard let url else { throw DemoError("no store is given") }
        var options = StoreOptions()
        if let lease { options.lease = lease }
        return try await StoreOpener.open(url, options: options)
    }

    /// Throws a one-line error if the store at the address does not respond.
    static func check(_ url: StoreURL) async throws {
        var options = StoreOptions()
        options.patience = .seconds(3)
        options.log = SilentLog()
        try await StoreOpener.open(url, options: options).close()
    }
}
