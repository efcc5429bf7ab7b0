// Replaces a process that comes near its memory limit, in the same way as a restart: a new process comes up, then the
// old one is told to stop, takes no more work, and has its usual time to finish. The old process is not notified
// earlier, because it must continue if no new one comes up. At nine tenths of the limit there is room for the rest of
// its work.
import OffstageCore
import OffstageSystem

extension Supervisor {
    /// Checks the memory of all processes that have a limit, until the task is cancelled.
    func watchMemory() async {
        while !Task.isCancelled, !isStopping {
            try? await time.sleep(for: options.memoryPause)
            let limited = slots.values.filter { limit(of: $0) != nil && $0.life.phase == .running }
            guard !limited.isEmpty, let sums = await SystemThread.call({ SessionMemory.read() }) else { continue }
            for instance in limited {
                guard let limit = limit(of: instance), let pid = instance.pid, let used = sums[pid],
                    slots[instance.name] === instance
                else { continue }
                look(at: instance, used: used, limit: limit)
            }
        }
    }

    private func limit(of instance: Instance) -> Int? {
        ComponentName(instance.name.component).flatMap(boxfile.code)?.limits.memoryBytes
    }

    private func look(at instance: Instance, used: Int, limit: Int) {
        let age = instance.age
        let step = reliefs[instance.name, default: MemoryRelief(patience: options.memoryAge)]
            .look(age: age, isAtMark: used >= limit / 10 * 9, now: time.monotonicMicroseconds())
        let told = "uses \(used >> 20) MiB of its limit of \(limit >> 20) MiB"
        switch step {
        case .nothing: return
        case .complain:
            let seconds = age.components.seconds
            logs.say(
                "\(told) \(seconds) s after it came up: it needs more than its limit, and another one would too",
                about: instance.name.component, instance: instance.name.short)
        case .replace:
            logs.say("\(told) and is replaced", about: instance.name.component, instance: instance.name.short)
            // Do not wait for it; the others' memory must be checked meanwhile.
            Task { await relieve(instance) }
        }
    }

    private func relieve(_ instance: Instance) async {
        var isDone = true
        await turn.take()
        if !isStopping, slots[instance.name] === instance {
            do { _ = try await replace(instance) } catch {
                isDone = false
                logs.say("\(error)", about: instance.name.component, instance: instance.name.short)
            }
        }
        await turn.give()
        reliefs[instance.name]?.ended(isDone: isDone, now: time.monotonicMicroseconds())
    }
}
