// A process that watches a worker's process from outside must know, when that process has died, what ran in it. A
// witness is notified of each handler before it starts and after all of it has ended. The calls are on the handler's
// own path, so they must cost next to nothing; a worker without a witness pays for one comparison.
package import OffstageCore

/// Is notified of what runs in a worker.
package protocol RunWitness: Sendable {
    /// The worker is about to introduce itself to the store. With nil, that failed, and the worker gives up.
    func introduces(_ worker: WorkerID?)
    /// The store knows the worker, and the worker begins to reserve.
    func isReady()
    /// A slot's handler is about to start.
    func begins(_ job: ReservedJob, in slot: Int)
    /// A slot's handler has reported its progress.
    func reports(_ progress: Progress, in slot: Int)
    /// A slot's job has ended, including the hooks around its handler; it is not settled yet.
    func ends(in slot: Int)
    /// The worker has stopped, and the store has taken back everything the worker held.
    func hasRetired()
    /// A crash suspect is due, and this worker takes none.
    func suspectWaits()
    /// The process is about to end although the worker has not stopped: nothing in it has crashed.
    func endsUnfinished()
}

extension RunWitness {
    package func endsUnfinished() {}
}
