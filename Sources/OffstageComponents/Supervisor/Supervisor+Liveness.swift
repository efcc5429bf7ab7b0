// Detects a worker that hangs: its process exists but its heartbeat has stopped. Only workers with at least one
// heartbeat are checked, so other programs are unaffected. A worker is judged only on the store's answer, because no
// heartbeat is visible while the store is unavailable.
import OffstageCore
import OffstageSystem

/// What a store knows about a worker's process.
package struct Heartbeat: Sendable, Hashable {
    /// The worker's process id. The process may be a child of a component's process.
    package var pid: Int
    /// The time since its last heartbeat.
    package var age: Duration

    /// Creates a heartbeat.
    package init(pid: Int, age: Duration) {
        self.pid = pid
        self.age = age
    }
}

extension Supervisor {
    /// Checks the heartbeats until the task is cancelled. Kills a worker that has fallen silent; it is then restarted.
    func watchHeartbeats() async {
        guard let heartbeats = options.heartbeats else { return }
        var heard: [Int32: Int64] = [:]
        while !Task.isCancelled, !isStopping {
            try? await time.sleep(for: options.heartbeatPause)
            let now = time.monotonicMicroseconds()
            guard let beats = await heartbeats(dataEnvironment) else {
                // No heartbeat could arrive while the store was unavailable, so start the count again.
                heard = heard.mapValues { _ in now }
                continue
            }
            let fresh = beats.filter { $0.age < options.silence }.map { getsid(pid_t(truncatingIfNeeded: $0.pid)) }
            for session in fresh where session > 1 { heard[session] = now }
            let workers = slots.values.filter { kind(of: $0.name) == .worker && $0.life.phase == .running }
            heard = heard.filter { entry in workers.contains { $0.pid == entry.key } }
            for worker in workers {
                guard let pid = worker.pid, let last = heard[pid], now - last > options.silence.microseconds else {
                    continue
                }
                heard[pid] = nil
                let told =
                    "has not been heard for \(options.silence.components.seconds) s, though it runs; it is killed"
                logs.say(told, about: worker.name.component, instance: worker.name.short)
                worker.kill()
            }
        }
    }
}
