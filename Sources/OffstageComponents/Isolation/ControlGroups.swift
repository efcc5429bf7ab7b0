// Control groups (version 2), if a part of the tree is delegated to this user: under systemd the user's own sessions,
// in some containers the whole tree. Each component gets its own group, which limits the memory of all its processes
// together and shares processors by weight. Nothing is mounted, and only our own groups are changed.
import OffstageCore
import OffstageSystem

/// A part of the control group tree that this process may divide.
public struct ControlGroups: Sendable, Hashable {
    /// The folder of the group that is divided.
    public let folder: String

    init(folder: String) {
        self.folder = folder
    }

    /// Returns the group of this process, if this user may divide it and it offers memory and processors; nil
    /// otherwise.
    public static func delegated() -> ControlGroups? {
        guard let own = ControlGroupFiles.text("/proc/self/cgroup"),
            let line = own.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })
        else { return nil }
        let groups = ControlGroups(folder: "/sys/fs/cgroup" + line.dropFirst(3))
        return groups.isOurs ? groups : nil
    }

    /// Whether the group offers the controllers that limit components, and lets this user create groups in it.
    var isOurs: Bool {
        guard let offered = ControlGroupFiles.text("\(folder)/cgroup.controllers") else { return false }
        let controllers = offered.split(whereSeparator: \.isWhitespace)
        guard controllers.contains("cpu"), controllers.contains("memory") else { return false }
        return ["", "/cgroup.procs", "/cgroup.subtree_control"].allSatisfy { access(folder + $0, W_OK) == 0 }
    }

    /// Prepares the group for division by moving this process into a new group inside it, because a group with
    /// processes cannot be divided. Throws if another process is in the group.
    public func takeOver() throws {
        let own = "\(folder)/supervisor"
        try make(own)
        try ControlGroupFiles.write("0", to: "\(own)/cgroup.procs")
        try ControlGroupFiles.write("+cpu +memory", to: "\(folder)/cgroup.subtree_control")
        // Most kernels offer this. Without it, a component may start as many processes as its user.
        try? ControlGroupFiles.write("+pids", to: "\(folder)/cgroup.subtree_control")
    }

    /// Creates a component's group. `share` is its weight for the processors (1...10000, 100 is usual). Returns the
    /// path of `cgroup.procs` for Confinement.controlGroup.
    public func component(_ name: String, memoryBytes: Int?, share: Int?) throws -> String {
        let group = "\(folder)/\(name)"
        try make(group)
        try ControlGroupFiles.write(memoryBytes.map(String.init) ?? "max", to: "\(group)/memory.max")
        try ControlGroupFiles.write("\(min(10_000, max(1, share ?? 100)))", to: "\(group)/cpu.weight")
        return "\(group)/cgroup.procs"
    }

    /// Removes a component's empty group. Ignores a missing group and one that still has processes.
    public func remove(_ name: String) {
        rmdir("\(folder)/\(name)")
    }

    private func make(_ group: String) throws {
        guard mkdir(group, 0o755) != 0, errno != EEXIST else { return }
        throw ConfinementError("cannot make the control group \(Names.quoted(group)): \(LibC.reason(errno))")
    }
}
