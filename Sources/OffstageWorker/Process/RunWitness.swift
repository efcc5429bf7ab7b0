// Who watches a worker's process from outside must know, when it has died, what ran in it. A witness is told of each
// handler before it starts and when nothing of it runs any more, on the handler's own path: it must cost next to
// nothing, and a worker without one pays for a comparison.
package import OffstageCore

/// What a worker tells of what runs in it.
package protocol RunWitness: Sendable {
    /// The store learns of this worker now; nil if it did not, and the worker gives up.
    func introduces(_ worker: WorkerID?)
    /// The store knows the worker, and it begins to reserve.
    func isReady()
    /// A slot's handler is about to start.
    func begins(_ job: ReservedJob, in slot: Int)
    /// A slot's handler has reported how far it is.
    func reports(_ progress: Progress, in slot: Int)
    /// A slot's job is over, the hooks around its handler included; it is not settled yet.
    func ends(in slot: Int)
    /// The worker has stopped, and the store has taken back whatever it held.
    func hasRetired()
    /// A suspect of a crash is due, and this worker takes none of them.
    func suspectWaits()
    /// The process is about to end though the worker has not stopped: nothing in it has crashed.
    func endsUnfinished()
}

extension RunWitness {
    package func endsUnfinished() {}
}
