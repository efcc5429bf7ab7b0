// A worker that runs but does nothing more: its process is there and its heartbeat is not. Only workers whose
// heartbeat was seen once are judged, so that other programs are left in peace, and only by an answer of the store:
// when the store itself is away nobody can be heard.
import OffstageCore
import OffstageSystem

/// What a store knows of a worker's process.
package struct Heartbeat: Sendable, Hashable {
    /// The worker's process id, which may be that of a child of a component's process.
    package var pid: Int
    /// How long ago it was heard.
    package var age: Duration

    /// Names a heartbeat.
    package init(pid: Int, age: Duration) {
        self.pid = pid
        self.age = age
    }
}

extension Supervisor {
    /// Looks at the heartbeats until the task is cancelled; kills a worker that has fallen silent, and it is started
    /// again.
    func watchHeartbeats() async {
        guard let heartbeats = options.heartbeats else { return }
        var heard: [Int32: Int64] = [:]
        while !Task.isCancelled, !isStopping {
            try? await time.sleep(for: options.heartbeatPause)
            let now = time.monotonicMicroseconds()
            guard let beats = await heartbeats(dataEnvironment) else {
                // They could not be heard for as long as the store was away.
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
