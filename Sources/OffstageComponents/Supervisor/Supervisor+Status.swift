// The data that `offstage ps` shows.
import OffstageSystem

/// The status of one process.
package struct InstanceStatus: Sendable, Hashable {
    /// The component's full name, or `proxy`.
    package var component: String
    /// Its short name within the component.
    package var instance: String
    /// Its current phase.
    package var phase: InstanceLife.Phase
    /// Whether it keeps dying.
    package var isFailing: Bool
    /// Whether it is about to stop, because it is replaced or surplus.
    package var isLeaving: Bool
    /// Its process id while it runs.
    package var pid: Int?
    /// The port that it was given, if any.
    package var port: Int?
    /// How long it has been in its phase, in whole seconds.
    package var seconds: Int
    /// How often it was started again.
    package var restarts: Int
    /// How it ended last.
    package var lastEnd: String?
    /// The resident memory of it and its children, in bytes.
    package var memory: Int?
}

extension Supervisor {
    /// Returns the status of all processes, in the boxfile's order.
    package func status() async -> [InstanceStatus] {
        let memory = await SystemThread.call { SessionMemory.read() } ?? [:]
        let order = [Proxy.name.component] + boxfile.order.map(\.description)
        let all = Array(slots.values) + leaving
        return all.sorted { one, other in
            let places = [one, other].map { order.firstIndex(of: $0.name.component) ?? 0 }
            if places[0] != places[1] { return places[0] < places[1] }
            if one.name.process != other.name.process { return (one.name.process ?? "") < (other.name.process ?? "") }
            return one.name.number < other.name.number
        }.map { instance in
            let life = instance.life
            let pid = instance.pid
            return InstanceStatus(
                component: instance.name.component, instance: instance.name.short, phase: life.phase,
                isFailing: instance.isFailing, isLeaving: slots[instance.name] !== instance, pid: pid.map(Int.init),
                port: instance.port, seconds: Int(instance.age.components.seconds), restarts: life.restarts,
                lastEnd: life.lastEnd, memory: pid.flatMap { memory[$0] })
        }
    }
}

extension Supervisor {
    /// Whether the app has web components.
    package var hasWeb: Bool { !boxfile.webs.isEmpty }
}
