// The proxy in front of the web components: the machine's own HAProxy, with our settings, steered over its runtime
// socket. A process gets a place when it is up; one that leaves gets no new requests, keeps the ones it has, and
// gives its place back when it is gone.
import OffstageCore
import OffstageSystem

/// The HAProxy of one app.
actor Proxy {
    /// How its process is called.
    static let name = InstanceName("proxy")

    private struct Place: Hashable {
        var component: String
        var number: Int
    }

    private let boxfile: Boxfile
    private let folder: ProxyFolder
    private let options: SupervisorOptions
    private let program: String
    private var places: [ObjectIdentifier: Place] = [:]
    private var ports: [ObjectIdentifier: Int] = [:]

    /// Throws why the port cannot be had, if it cannot.
    static func checkPort(_ options: SupervisorOptions) throws(ComponentError) {
        let problem = LocalPort.problem(options.port, at: options.address)
        if problem != 0 { throw ComponentError(words(problem, options)) }
    }

    /// One line for the system's reason why a port cannot be listened at.
    static func words(_ problem: Int32, _ options: SupervisorOptions) -> String {
        switch problem {
        case EADDRINUSE: "port \(options.port) is in use; name another with --port"
        case EACCES:
            "port \(options.port) is not for this user to listen at, as the first ports of a machine (below 1024,"
                + " mostly) are kept for root; name another with --port"
        case EADDRNOTAVAIL: "\(options.address) is no address of this machine; name another with --port"
        default: "port \(options.port) cannot be listened at: \(LibC.reason(problem))"
        }
    }

    /// Finds the program and writes its settings.
    init(_ boxfile: Boxfile, folders: AppFolders, options: SupervisorOptions) throws {
        guard let program = ServerProgram.find("haproxy", path: options.surroundings["PATH"]) else {
            throw ComponentError(
                "web components need haproxy, which is not on this machine; on Debian: apt install haproxy")
        }
        self.program = program
        self.boxfile = boxfile
        self.options = options
        folder = try ProxyFolder(in: folders.run)
        try SmallFile.write(ProxySettings.page, to: folder.file("503.http"))
        let text = ProxySettings.text(
            boxfile.webs, address: options.address, port: options.port, page: "503.http")
        try SmallFile.write(text, to: folder.file("haproxy.cfg"))
    }

    /// One start of it; throws why the port cannot be had, which HAProxy itself would tell in several lines.
    nonisolated func plan() throws -> InstancePlan {
        try Self.checkPort(options)
        // HAProxy would try to keep what an earlier one left there.
        SmallFile.remove(folder.file("proxy.sock"))
        let launch = ComponentLaunch(
            program: program, arguments: ["-db", "-f", "haproxy.cfg"], environment: ["PATH": "/usr/bin:/bin"],
            folder: folder.path)
        // Somebody listening at the port is no proof: it may be the proxy of another app, which was quicker.
        var plan = InstancePlan(
            launch: launch, readiness: .answersSteering(folder.file("proxy.sock")), stopTimeout: .seconds(10),
            port: options.port)
        // By this it lets requests finish.
        plan.stopSignal = SIGUSR1
        plan.isNoise = Self.isNoise
        return plan
    }

    /// What HAProxy warns of though it was told to do just that: a process was given its place or lost it, or all ends.
    static func isNoise(_ line: String) -> Bool {
        line.hasPrefix("[WARNING]") && expected.contains { line.contains($0) }
    }

    private static let expected = [
        " (leaving forced maintenance)", " is going DOWN for maintenance", " was DOWN and now enters maintenance",
        " enters drain state", " stopped (cumulated conns: ",
    ]

    /// A new HAProxy knows of no process.
    func forget() {
        places = [:]
        ports = [:]
    }

    /// Sends requests to a process that is up.
    func add(_ instance: Instance) async {
        guard let port = instance.port, !instance.isReplaced else { return }
        let key = ObjectIdentifier(instance)
        if ports[key] == port { return }
        guard let place = places[key] ?? freePlace(instance.name.component) else { return }
        places[key] = place
        ports[key] = port
        let server = "\(place.component)/s\(place.number)"
        await tell("set server \(server) addr 127.0.0.1 port \(port); set server \(server) state ready")
    }

    /// Takes the place of a process that is gone.
    func remove(_ instance: Instance) async {
        let key = ObjectIdentifier(instance)
        ports[key] = nil
        guard let place = places.removeValue(forKey: key) else { return }
        await tell("set server \(place.component)/s\(place.number) state maint")
    }

    /// Sends no new requests to a process and waits until those it has are answered, at most ten seconds: connections
    /// that never end, as websockets, are left to the process itself.
    func drain(_ instance: Instance, time: any TimeSource) async {
        guard let place = places[ObjectIdentifier(instance)] else { return }
        await tell("set server \(place.component)/s\(place.number) state drain")
        for _ in 0..<200 {
            // One that does not answer has no connections left to wait for.
            guard let count = await connections(place), count > 0 else { return }
            try? await time.sleep(for: .milliseconds(50))
        }
    }

    private func freePlace(_ component: String) -> Place? {
        guard let web = ComponentName(component).flatMap(boxfile.code) else { return nil }
        let taken = Set(places.values.filter { $0.component == component }.map(\.number))
        return (1...ProxySettings.places(web)).first { !taken.contains($0) }.map {
            Place(component: component, number: $0)
        }
    }

    /// How many connections a place has; nil if that cannot be told. The line is: backend/server, backend's number,
    /// server's number, address, port, purge delay, used now …
    private func connections(_ place: Place) async -> Int? {
        let text = await tell("show servers conn \(place.component)")
        let lines = text?.split(separator: "\n") ?? []
        guard let line = lines.first(where: { $0.hasPrefix("\(place.component)/s\(place.number) ") }) else {
            return nil
        }
        let fields = line.split(separator: " ")
        return fields.count > 6 ? Int(fields[6]) : nil
    }

    @discardableResult
    private func tell(_ command: String) async -> String? {
        let path = folder.file("proxy.sock")
        let answer = await SystemThread.call { ProxySocket.ask(path, command) }
        return answer ?? nil
    }
}
