// Runs an app: its data components, then the proxy, then web, then workers; each kind starts when the previous one is
// up. Stops it in reverse order. A component consists of a number of instances: `slots` holds the current ones,
// `leaving` the replaced or surplus ones that are finishing their work.
import CSystem
package import OffstageCore

/// The supervisor of one app.
package actor Supervisor {
    let boxfile: Boxfile
    let folders: AppFolders
    let options: SupervisorOptions
    let logs: LogPump
    let time: any TimeSource
    let turn = Turn()
    private let lock: FolderLock
    var services: [any DataService] = []
    var plans: ComponentPlans?
    var scales: [ComponentName: Int] = [:]
    var slots: [InstanceName: Instance] = [:]
    var leaving: [Instance] = []
    var reliefs: [InstanceName: MemoryRelief] = [:]
    var proxy: Proxy?
    var isStopping = false
    var isDataUp = false
    private var watches: [Task<Void, Never>] = []

    /// Creates a supervisor for an app's folder; `lock` is the lock on that folder.
    package init(
        _ boxfile: Boxfile, folders: AppFolders, options: SupervisorOptions, logs: LogPump, lock: FolderLock,
        time: any TimeSource
    ) {
        self.boxfile = boxfile
        self.folders = folders
        self.options = options
        self.logs = logs
        self.lock = lock
        self.time = time
        for component in boxfile.webs + boxfile.workers { scales[component.name] = component.scale }
    }

    /// The variables that lead to the data components; empty before they are prepared.
    package var dataEnvironment: [String: String] {
        services.reduce(into: [:]) { $0.merge($1.environment) { $1 } }
    }

    /// Starts everything in order. Throws a one-line error if the app cannot run; the caller must then call `stop`.
    package func up() async throws {
        await turn.take()
        do {
            try await startAll()
        } catch {
            await turn.give()
            throw error
        }
        await turn.give()
    }

    private func startAll() async throws {
        let hasProxy = !boxfile.webs.isEmpty
        if hasProxy { try Proxy.checkPort(options) }
        try await startData()
        try preparePlans()
        if hasProxy {
            let proxy = try Proxy(boxfile, folders: folders, options: options)
            self.proxy = proxy
            let instance = instance(Proxy.name) { _ in try proxy.plan() }
            try start([instance])
            try await check([instance], isNeeded: true)
        }
        for components in [boxfile.webs, boxfile.workers] {
            let fresh = components.flatMap(names).map(make)
            try start(fresh)
            try await check(fresh, isNeeded: false)
        }
        watches = [Task { await self.watchMemory() }, Task { await self.watchHeartbeats() }]
    }

    /// Starts only the data components and waits until they are up.
    package func startData() async throws {
        services = try await DataServices.prepare(boxfile, folders)
        let fresh = services.map { service in
            instance(InstanceName(service.component.name.description)) { _ in try service.plan() }
        }
        try start(fresh)
        try await check(fresh, isNeeded: true)
        isDataUp = true
    }

    /// Creates the folders of all components. The data components must have been prepared, because the plans contain
    /// their variables.
    package func preparePlans() throws {
        let support = KernelSupport.read()
        let groups = ControlGroups.delegated()
        var usable = groups
        do { try groups?.takeOver() } catch {
            logs.say("control groups are not used: \(error)")
            usable = nil
        }
        let plans = ComponentPlans(
            boxfile: boxfile, folders: folders, options: options, support: support, dataEnvironment: dataEnvironment,
            groups: usable)
        for component in boxfile.webs + boxfile.workers {
            try plans.makeFolders(component)
            for log in component.watchedLogs {
                let path = log.path.hasPrefix("/") ? log.path : "\(folders.app)/\(log.path)"
                logs.follow(path, component: component.name.description, log: log.name)
            }
        }
        self.plans = plans
    }

    /// Stops everything: workers, then web with the proxy, then data. Returns when everything has ended.
    package func stop() async {
        isStopping = true
        for watch in watches { watch.cancel() }
        for kind in [ComponentKind.worker, .web, .data] {
            let mine = (Array(slots.values) + leaving).filter { self.kind(of: $0.name) == kind }
            await withTaskGroup { group in
                for instance in mine {
                    group.addTask { await instance.stop() }
                }
            }
        }
        slots = [:]
        leaving = []
    }

    /// Returns the kind of an instance. The proxy counts as web, so it stops together with the web components.
    func kind(of name: InstanceName) -> ComponentKind {
        ComponentName(name.component)?.kind ?? .web
    }

    /// Returns the names of all processes of a component at its scale.
    func names(_ component: CodeComponent) -> [InstanceName] {
        let scale = scales[component.name] ?? component.scale
        return component.processes.flatMap { process in
            (scale > 0 ? 1...scale : 1...1).prefix(scale).map {
                InstanceName(component.name.description, process: process.name, number: $0)
            }
        }
    }

    /// Creates an instance of a web or worker component, not yet started.
    func make(_ name: InstanceName) -> Instance {
        let boxfile = boxfile
        let plans = plans
        return instance(name) { name in
            guard let plans, let component = ComponentName(name.component).flatMap(boxfile.code),
                let process = component.processes.first(where: { $0.name == name.process })
            else { throw ComponentError("\(name) is not in the boxfile") }
            return try plans.plan(component, process, name)
        }
    }

    func instance(
        _ name: InstanceName, plan: @escaping @Sendable (InstanceName) async throws -> InstancePlan
    ) -> Instance {
        Instance(name, time: time, logs: logs, plan: plan) { [weak self] in await self?.changed($0) }
    }

    func start(_ instances: [Instance]) throws {
        guard !isStopping else { throw ComponentError("stopping") }
        for instance in instances {
            slots[instance.name] = instance
            instance.start()
        }
    }

    /// Waits for all of them at once, so that they share one deadline.
    private func check(_ instances: [Instance], isNeeded: Bool) async throws {
        let limit = isNeeded ? max(options.readyLimit, .seconds(60)) : options.readyLimit
        try await withThrowingTaskGroup { group in
            for instance in instances {
                group.addTask { (instance, await instance.whenReady(within: limit)) }
            }
            for try await (instance, outcome) in group { try judge(instance, outcome, isNeeded: isNeeded) }
        }
    }

    private func judge(_ instance: Instance, _ outcome: Instance.Outcome, isNeeded: Bool) throws {
        guard !isStopping else { throw ComponentError("stopped before everything was up") }
        switch outcome {
        case .ready: return
        case .notRunnable(let reason): throw ComponentError("\(instance.name): \(reason)")
        case .notReady(let reason):
            guard !isNeeded else { throw ComponentError("\(instance.name): \(reason)") }
            logs.say(
                "\(reason); the others are started without it", about: instance.name.component,
                instance: instance.name.short)
        }
    }

    private func changed(_ instance: Instance) async {
        guard let proxy else { return }
        if instance.name == Proxy.name {
            guard instance.life.phase == .running else { return }
            await proxy.forget()
            for web in slots.values where web.life.phase == .running { await proxy.add(web) }
        } else if kind(of: instance.name) == .web {
            if instance.life.phase == .running { await proxy.add(instance) } else { await proxy.remove(instance) }
        }
    }
}
