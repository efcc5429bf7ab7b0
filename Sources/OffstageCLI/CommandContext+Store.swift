// The way from a command to its store: opened by what the command line and the environment say, and closed however
// the command ends, so that what the store's threads still hold is written.
import OffstageCore
import OffstageEnqueuer
import OffstageWorker

extension CommandContext {
    /// The address of the store.
    func storeURL() throws(UsageError) -> StoreURL {
        try StoreURL.resolve(option: invocation.text("store"), environment: environment)
    }

    /// What a job of the app may carry.
    var limits: Limits { app.options.limits }

    /// An enqueuer with the app's middleware and limits.
    func enqueuer(_ store: any Store) -> Enqueuer {
        Enqueuer(store, middleware: app.enqueueMiddleware, limits: limits, time: time)
    }

    /// How the store is opened. Only warnings are logged unless another log is given.
    func storeOptions(log: (any Log)? = nil) -> StoreOptions {
        var options = StoreOptions()
        options.time = time
        options.log = log ?? StandardErrorLog(minimum: .warning, time: time)
        return options
    }

    /// Opens the store, does the work, and closes the store. The store is not made unless that is said.
    func withStore<Result>(
        to access: StoreAccess = .change, log: (any Log)? = nil, crashLimit: Int? = nil,
        _ work: (any Store) async throws -> Result
    ) async throws -> Result {
        let url = try storeURL()
        var options = storeOptions(log: log)
        if let crashLimit { options.crashesAlone = crashLimit }
        let store = try await StoreOpener.open(url, for: access, options: options)
        do {
            let result = try await work(store)
            await store.close()
            return result
        } catch {
            // A busy store's threads stand in line behind somebody who does not move: the process ends without them.
            if !Self.isBusy(error) { await store.close() }
            throw error
        }
    }

    private static func isBusy(_ error: any Error) -> Bool {
        if case .busy? = (error as? EnqueueError)?.cause as? StoreError ?? error as? StoreError { true } else { false }
    }
}
