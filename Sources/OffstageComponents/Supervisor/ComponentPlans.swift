// Plans one start of a process from a component in the boxfile: its environment, its folders, and its rights. Each web
// process gets its own port, a worker never gets one. Workers are confined; others are only limited.
import CSystem
import Foundation
import OffstageCore

/// Creates the plans of web and worker processes.
struct ComponentPlans: Sendable {
    let boxfile: Boxfile
    let folders: AppFolders
    let options: SupervisorOptions
    let support: KernelSupport
    /// The variables that lead to the data components.
    let dataEnvironment: [String: String]
    /// The control groups, if this user may create some.
    let groups: ControlGroups?

    /// Returns the plan for one start of a component's process.
    func plan(_ component: CodeComponent, _ process: CodeComponent.Process, _ name: InstanceName) throws -> InstancePlan
    {
        let port = component.name.kind == .web ? try LocalPort.free() : nil
        let environment = try environment(of: component, name: name, port: port)
        var launch = ComponentLaunch(
            command: process.command, environment: environment, folder: workingFolder(component))
        launch.confinement = try confinement(component)
        // A group for each start; otherwise an old process and its replacement would share a limit.
        var random = SystemRandom()
        let group = "\(name).\(String(random.next(), radix: 36))"
        let limits = component.limits
        launch.confinement?.controlGroup = try groups?.component(
            group, memoryBytes: limits.memoryBytes, share: limits.cpuShare)
        let readiness: Readiness = port.map { .listens($0) } ?? .runs(options.workerAge)
        var plan = InstancePlan(
            launch: launch, readiness: readiness, stopTimeout: component.stopTimeout, port: port)
        if let groups, launch.confinement != nil { plan.cleanUp = { groups.remove(group) } }
        return plan
    }

    /// Returns the variables of a component's process.
    func environment(
        of component: CodeComponent, name: InstanceName?, port: Int?, isDevelopment: Bool = false
    ) throws -> [String: String] {
        var given = dataEnvironment
        given["TMPDIR"] = folders.temporary(component.name)
        given["HOME"] = folders.privateFolder(component.name)
        given["OFFSTAGE_COMPONENT"] = component.name.description
        if let name { given["OFFSTAGE_INSTANCE"] = name.short }
        if let port { given["PORT"] = String(port) }
        let own = try boxfile.environment(
            of: component, given: given, surroundings: options.surroundings, isDevelopment: isDevelopment)
        var usual = options.plain
        usual["PATH"] = path
        if component.name.kind == .worker { usual["OFFSTAGE_GRACE"] = Self.grace(component.stopTimeout) }
        return usual.merging(own) { $1 }
    }

    /// Returns how long jobs may continue after SIGTERM, so that a worker can still return them before its stop
    /// timeout: five seconds less, or half of a short timeout.
    static func grace(_ stopTimeout: Duration) -> String {
        let milliseconds = stopTimeout.microseconds / 1000
        let grace = max(milliseconds - 5000, milliseconds / 2)
        return grace % 1000 == 0 ? "\(grace / 1000)s" : "\(grace)ms"
    }

    /// The supervisor's PATH, with the folder of this program at the end, so that `offstage work` is always found.
    private var path: String { Self.path(options.surroundings["PATH"]) }

    static func path(_ given: String?) -> String {
        let path = given ?? "/usr/local/bin:/usr/bin:/bin"
        guard let own = ownFolder, !path.split(separator: ":").contains(Substring(own)) else { return path }
        return "\(path):\(own)"
    }

    private static var ownFolder: String? {
        SystemFolders.realPath("/proc/self/exe").map { URL(filePath: $0).deletingLastPathComponent().path }
    }

    /// Creates the component's folders, and the links to its shared folders where the component expects them.
    func makeFolders(_ component: CodeComponent) throws {
        try folders.make(folders.privateFolder(component.name))
        try folders.make(folders.temporary(component.name))
        for network in component.networkFolders {
            for folder in network.folders { try SharedFolder.link(folder, network.storage, folders) }
        }
    }

    func workingFolder(_ component: CodeComponent) -> String {
        guard let folder = component.workingDirectory else { return folders.app }
        return folder.hasPrefix("/") ? folder : "\(folders.app)/\(folder)"
    }

    /// Returns the confinement of a component's process; nil if it may do what the supervisor may.
    func confinement(_ component: CodeComponent) throws -> Confinement? {
        let limits = component.limits
        guard component.name.kind == .worker || limits != ComponentLimits() else { return nil }
        var confinement: Confinement
        if component.name.kind == .worker {
            let shared = component.networkFolders.flatMap { network in
                network.folders.map { folders.storage(network.storage, $0) }
            }
            let own = ComponentFolders(
                app: folders.app, state: folders.state, component: component.name.description, network: shared)
            confinement = try .worker(own, alsoReadable: toolFolders)
            confinement.isBatch = true
        } else {
            confinement = Confinement()
            confinement.onlyLimits = true
        }
        confinement.memoryBytes = limits.memoryBytes
        confinement.openFiles = limits.openFiles
        confinement.niceness = niceness(component)
        return confinement
    }

    /// Returns the nice value. Workers get 10 unless their share differs; ten times the share is five steps less.
    private func niceness(_ component: CodeComponent) -> Int {
        let usual = component.name.kind == .worker ? 10 : 0
        guard let share = component.limits.cpuShare else { return usual }
        return min(19, max(0, usual - Int((5 * log10(Double(share) / 100)).rounded())))
    }

    /// The existing folders of PATH, the `lib` folders beside its `bin` folders, and the folder of our own program.
    private var toolFolders: [String] {
        let path = (options.surroundings["PATH"] ?? "").split(separator: ":").map(String.init)
        let libraries = path.filter { $0.hasSuffix("/bin") }.map { String($0.dropLast(3)) + "lib" }
        return (path + libraries + [Self.ownFolder].compactMap(\.self)).filter {
            $0.hasPrefix("/") && SystemFolders.isFolder($0)
        }
    }
}
