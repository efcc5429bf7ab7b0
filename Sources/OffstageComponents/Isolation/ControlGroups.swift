// Control groups (version 2), where this user was given a part of the tree to divide: under systemd a user's own
// sessions, in some containers all there is. A component gets a group of its own, so that memory is limited for all its
// processes together and processors are shared by weight. Nothing is mounted, and nobody's groups but ours are touched.
import OffstageCore
import OffstageSystem

/// A part of the control group tree that this process may divide.
public struct ControlGroups: Sendable, Hashable {
    /// The folder of the group that is divided.
    public let folder: String

    init(folder: String) {
        self.folder = folder
    }

    /// The part that this process stands in, if this user may divide it and it offers memory and processors.
    public static func delegated() -> ControlGroups? {
        guard let own = ControlGroupFiles.text("/proc/self/cgroup"),
            let line = own.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })
        else { return nil }
        let groups = ControlGroups(folder: "/sys/fs/cgroup" + line.dropFirst(3))
        return groups.isOurs ? groups : nil
    }

    /// Whether the group offers what components are limited by and lets this user make groups in it.
    var isOurs: Bool {
        guard let offered = ControlGroupFiles.text("\(folder)/cgroup.controllers") else { return false }
        let controllers = offered.split(whereSeparator: \.isWhitespace)
        guard controllers.contains("cpu"), controllers.contains("memory") else { return false }
        return ["", "/cgroup.procs", "/cgroup.subtree_control"].allSatisfy { access(folder + $0, W_OK) == 0 }
    }

    /// Makes the group ready to be divided: this process moves into a group of its own in it, as a group with processes
    /// cannot be divided. Throws if another process stands in it.
    public func takeOver() throws {
        let own = "\(folder)/supervisor"
        try make(own)
        try ControlGroupFiles.write("0", to: "\(own)/cgroup.procs")
        try ControlGroupFiles.write("+cpu +memory", to: "\(folder)/cgroup.subtree_control")
        // Offered by most kernels; without it a component may start as many processes as its user.
        try? ControlGroupFiles.write("+pids", to: "\(folder)/cgroup.subtree_control")
    }

    /// Makes a component's group; `share` weighs its part of the processors against others (1...10000, 100 is usual).
    /// Answers the `cgroup.procs` for Confinement.controlGroup.
    public func component(_ name: String, memoryBytes: Int?, share: Int?) throws -> String {
        let group = "\(folder)/\(name)"
        try make(group)
        try ControlGroupFiles.write(memoryBytes.map(String.init) ?? "max", to: "\(group)/memory.max")
        try ControlGroupFiles.write("\(min(10_000, max(1, share ?? 100)))", to: "\(group)/cpu.weight")
        return "\(group)/cgroup.procs"
    }

    /// Takes a component's empty group away; one that is gone is no error, one with processes stays.
    public func remove(_ name: String) {
        rmdir("\(folder)/\(name)")
    }

    private func make(_ group: String) throws {
        guard mkdir(group, 0o755) != 0, errno != EEXIST else { return }
        throw ConfinementError("cannot make the control group \(Names.quoted(group)): \(LibC.reason(errno))")
    }
}
