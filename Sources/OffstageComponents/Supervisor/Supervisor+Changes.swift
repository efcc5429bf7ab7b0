// Changes to a running app: the number of processes, and their replacement.
import OffstageCore

extension Supervisor {
    /// Sets how many processes of each command a web or worker component has. Returns when the new ones are up and the
    /// surplus ones have ended. Throws the reasons if some do not come up; those are restarted like any other.
    package func scale(_ name: ComponentName, to count: Int) async throws {
        guard let component = boxfile.code(name) else { throw unusable(name) }
        guard (0...CodeComponent.scaleRange.upperBound).contains(count) else {
            throw ComponentError("a scale is a number from 0 to \(CodeComponent.scaleRange.upperBound)")
        }
        let (leaving, reasons) = try await inTurn {
            self.scales[name] = count
            let wanted = Set(self.names(component))
            let extra = self.slots.values.filter { $0.name.component == name.description && !wanted.contains($0.name) }
            let fresh = wanted.filter { self.slots[$0] == nil }.map(self.make)
            try self.start(fresh)
            let leaving = extra.map(self.retire)
            return (leaving, await self.reasons(fresh))
        }
        for task in leaving { await task.value }
        guard reasons.isEmpty else {
            let more = reasons.count > 3 ? "; and so on" : ""
            throw ComponentError(
                "\(reasons.count) of the new processes did not come up, and are tried again: "
                    + reasons.prefix(3).joined(separator: "; ") + more)
        }
    }

    /// Waits until all of them are up. Returns a reason for each one that is not.
    private func reasons(_ fresh: [Instance]) async -> [String] {
        let limit = options.readyLimit
        return await withTaskGroup { group in
            for instance in fresh { group.addTask { (instance, await instance.whenReady(within: limit)) } }
            var reasons: [String] = []
            for await (instance, outcome) in group where outcome != .ready {
                reasons.append("\(instance.name): \(words(outcome))")
            }
            return reasons.sorted()
        }
    }

    /// Replaces each process of a component. A new process is up before the old one is told to stop, and before the
    /// next is replaced. Old processes finish their work while further requests, even another restart, are carried out.
    /// Returns when the replaced processes have ended. A data component has one process, which is stopped first. Throws
    /// if a new process does not come up; a web or worker component then keeps the old one.
    package func restart(_ name: ComponentName) async throws {
        let mine = { self.slots.values.filter { $0.name.component == name.description } }
        guard boxfile.code(name) != nil || services.contains(where: { $0.component.name == name }) else {
            throw unusable(name)
        }
        let leaving = try await inTurn {
            var leaving: [Task<Void, Never>] = []
            for instance in mine().sorted(by: { $0.name.description < $1.name.description }) {
                if name.kind == .data {
                    try await self.restartData(instance)
                } else {
                    leaving.append(try await self.replace(instance))
                }
            }
            return leaving
        }
        for task in leaving { await task.value }
    }

    /// Replaces one process. The returned task ends when the old process has ended. Throws if the new one does not come
    /// up.
    func replace(_ old: Instance) async throws -> Task<Void, Never> {
        let fresh = make(old.name)
        try begin(fresh, besides: old)
        let outcome = await fresh.whenReady(within: options.readyLimit)
        guard outcome == .ready, !isStopping else {
            await fresh.stop()
            leaving.removeAll { $0 === fresh }
            throw ComponentError("\(old.name): the new process \(words(outcome)); the old one still runs")
        }
        leaving.removeAll { $0 === fresh }
        slots[old.name] = fresh
        return retire(old)
    }

    private func begin(_ fresh: Instance, besides old: Instance) throws {
        guard !isStopping else { throw ComponentError("stopping") }
        // List it at once, so that a concurrent stop finds it.
        leaving.append(fresh)
        fresh.start()
    }

    private func words(_ outcome: Instance.Outcome) -> String {
        switch outcome {
        case .ready: "was stopped"
        case .notReady(let reason), .notRunnable(let reason): reason
        }
    }

    private func restartData(_ old: Instance) async throws {
        await old.stop()
        guard let service = services.first(where: { $0.component.name.description == old.name.component }) else {
            return
        }
        let fresh = instance(old.name) { _ in try service.plan() }
        try start([fresh])
        let outcome = await fresh.whenReady(within: options.readyLimit)
        guard outcome == .ready else { throw ComponentError("\(old.name) \(words(outcome))") }
    }

    /// Takes an instance out of service. The returned task lets it finish, stops it, and ends when it has ended.
    func retire(_ instance: Instance) -> Task<Void, Never> {
        instance.isReplaced = true
        leaving.append(instance)
        if slots[instance.name] === instance { slots[instance.name] = nil }
        return Task {
            if let proxy, kind(of: instance.name) == .web {
                await proxy.drain(instance, time: time)
                await proxy.remove(instance)
            }
            await instance.stop()
            leaving.removeAll { $0 === instance }
        }
    }

    private func unusable(_ name: ComponentName) -> ComponentError {
        if services.contains(where: { $0.component.name == name }) {
            return ComponentError("\(name) is a data component, which is one process and no more")
        }
        if boxfile.data(name) != nil { return ComponentError("\(name) is a folder, and no process belongs to it") }
        let known = boxfile.order.map(\.description)
        let nearest = NearestName.of(name.description, among: known).map { "; did you mean \($0)?" } ?? ""
        return ComponentError(
            "there is no \(name) to do this with; there are \(known.joined(separator: ", "))\(nearest)")
    }

    private func inTurn<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
        await turn.take()
        do {
            guard !isStopping else { throw ComponentError("stopping") }
            let answer = try await body()
            await turn.give()
            return answer
        } catch {
            await turn.give()
            throw error
        }
    }
}
