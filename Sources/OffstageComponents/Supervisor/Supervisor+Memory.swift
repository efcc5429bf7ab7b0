// A process that comes near its memory limit is replaced before it runs into it: told to take no more work, then
// another one is started, then it is told to stop and has its usual time. At nine tenths of the limit there is room
// left for what it still does.
import OffstageCore

extension Supervisor {
    /// Looks at the memory of all processes that have a limit, until the task is cancelled.
    func watchMemory() async {
        while !Task.isCancelled, !isStopping {
            try? await time.sleep(for: options.memoryPause)
            let limited = slots.values.filter { limit(of: $0) != nil && $0.life.phase == .running }
            guard !limited.isEmpty, let sums = await OwnThread.call({ SessionMemory.read() }) else { continue }
            for instance in limited {
                guard let limit = limit(of: instance), let pid = instance.pid, let used = sums[pid],
                    used >= limit / 10 * 9, slots[instance.name] === instance
                else { continue }
                await relieve(instance, used: used, limit: limit)
            }
        }
    }

    private func limit(of instance: Instance) -> Int? {
        ComponentName(instance.name.component).flatMap(boxfile.code)?.limits.memoryBytes
    }

    private func relieve(_ instance: Instance, used: Int, limit: Int) async {
        let told = "uses \(used >> 20) MiB of its limit of \(limit >> 20) MiB and is replaced"
        logs.say(told, about: instance.name.component, instance: instance.name.short)
        instance.quiet()
        await turn.take()
        if !isStopping, slots[instance.name] === instance {
            do { _ = try await replace(instance) } catch {
                logs.say("\(error)", about: instance.name.component, instance: instance.name.short)
            }
        }
        await turn.give()
    }
}
