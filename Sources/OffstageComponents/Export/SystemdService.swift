// A web or worker process in systemd's terms. A worker's isolation follows docs/isolation.md: no listening, writing
// only in its own folders, no reading of other components' data, no new privileges.
import OffstageCore

/// The service section of a component's process.
struct SystemdService {
    let units: SystemdUnits
    let component: CodeComponent
    let process: CodeComponent.Process

    /// Returns its lines.
    func lines(_ name: InstanceName, port: Int?, data: [String: String]) throws -> [String] {
        let folders = units.folders
        var given = data
        given["TMPDIR"] = folders.temporary(component.name)
        given["HOME"] = folders.privateFolder(component.name)
        given["OFFSTAGE_COMPONENT"] = component.name.description
        given["OFFSTAGE_INSTANCE"] = name.short
        if let port { given["PORT"] = String(port) }
        let plain = ["PATH": units.path]
        let own = try units.boxfile.environment(of: component, given: given, surroundings: plain)
        var usual = plain
        if component.name.kind == .worker {
            usual["OFFSTAGE_GRACE"] = ComponentPlans.grace(component.stopTimeout)
        }
        let environment = usual.merging(own) { $1 }.sorted { $0.key < $1.key }.map {
            "Environment=" + SystemdUnit.quoted("\($0.key)=\($0.value)", isCommand: false)
        }
        let command = SystemdUnit.quoted(process.command, isCommand: true)
        let folder = component.workingDirectory.map { $0.hasPrefix("/") ? $0 : "\(folders.app)/\($0)" } ?? folders.app
        return [
            "Type=exec", "User=\(units.user)", "WorkingDirectory=\(try units.whole(folder))",
            "ExecStart=/bin/sh -c \(command)", "TimeoutStopSec=\(component.stopTimeout.components.seconds)",
            "KillMode=control-group",
        ] + SystemdUnit.restarts + environment + limits + (component.name.kind == .worker ? worker : web)
    }

    private var limits: [String] {
        let limits = component.limits
        var lines: [String] = []
        if let memory = limits.memoryBytes { lines.append("MemoryMax=\(memory)") }
        if let files = limits.openFiles { lines.append("LimitNOFILE=\(files)") }
        let share = limits.cpuShare ?? (component.name.kind == .worker ? 20 : 100)
        lines.append("CPUWeight=\(share)")
        if component.name.kind == .worker, limits.cpuShare == nil { lines.append("Nice=10") }
        return lines
    }

    private var own: [String] {
        let folders = units.folders
        let shared = component.networkFolders.flatMap { network in
            network.folders.map { folders.storage(network.storage, $0) }
        }
        return [folders.privateFolder(component.name), folders.temporary(component.name)] + shared
    }

    private var web: [String] {
        ["UMask=0022", "NoNewPrivileges=yes", "PrivateDevices=yes"]
    }

    /// The isolation settings of a worker. What others keep in the state folder is inaccessible; its own folders are
    /// the exception.
    private var worker: [String] {
        let folders = units.folders
        let others = units.boxfile.order.filter { $0 != component.name }
        let hidden = others.filter { $0.kind != .data }.flatMap { [folders.privateFolder($0), folders.temporary($0)] }
        let inaccessible = ["\(folders.state)/data", folders.run, folders.logs] + hidden
        return [
            "UMask=0077", "NoNewPrivileges=yes", "CapabilityBoundingSet=CAP_DAC_OVERRIDE",
            "SystemCallArchitectures=native",
            "SystemCallFilter=~listen accept accept4 io_uring_setup", "SystemCallErrorNumber=EPERM",
            "SocketBindDeny=ipv4:tcp", "SocketBindDeny=ipv6:tcp",
            "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK", "ProtectSystem=strict",
            "ReadWritePaths=\(SystemdUnit.list(own))",
            "InaccessiblePaths=\(SystemdUnit.list(inaccessible.map { "-" + $0 }))", "PrivateDevices=yes",
            "PrivateTmp=yes", "ProtectKernelTunables=yes", "ProtectControlGroups=yes", "RestrictSUIDSGID=yes",
            "LockPersonality=yes",
        ]
    }
}
