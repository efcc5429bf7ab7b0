// Opens a command's store, as the command line and the environment name it. The store is closed however the command
// ends, so that pending writes of its threads are flushed.
import OffstageCore
import OffstageEnqueuer
import OffstageWorker

extension CommandContext {
    /// The address of the store.
    func storeURL() throws(UsageError) -> StoreURL {
        try StoreURL.resolve(option: invocation.text("store"), environment: environment)
    }

    /// The limits on a job of the app.
    var limits: Limits { app.options.limits }

    /// An enqueuer with the app's middleware and limits.
    func enqueuer(_ store: any Store) -> Enqueuer {
        Enqueuer(store, middleware: app.enqueueMiddleware, limits: limits, time: time)
    }

    /// The options for opening the store. Logs only warnings unless another log is given.
    func storeOptions(log: (any Log)? = nil) -> StoreOptions {
        var options = StoreOptions()
        options.time = time
        options.log = log ?? StandardErrorLog(minimum: .warning, time: time)
        return options
    }

    /// Opens the store, runs `work`, and closes the store. Creates a store only if `access` is `.make`.
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
            // Closing a busy store would wait behind whatever holds it. Skip the close; the process ends without it.
            if !Self.isBusy(error) { await store.close() }
            throw error
        }
    }

    private static func isBusy(_ error: any Error) -> Bool {
        if case .busy? = (error as? EnqueueError)?.cause as? StoreError ?? error as? StoreError { true } else { false }
    }
}
