// The proxy in front of the web components: the machine's own HAProxy with our settings, controlled over its runtime
// socket. A process gets a place when it is up. A process that leaves gets no new requests, keeps its current ones, and
// frees its place when it has ended.
import OffstageCore
import OffstageSystem

/// The HAProxy of one app.
actor Proxy {
    /// The name of its process.
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

    /// Throws if the proxy cannot listen on its port, with the reason.
    static func checkPort(_ options: SupervisorOptions) throws(ComponentError) {
        let problem = LocalPort.problem(options.port, at: options.address)
        if problem != 0 { throw ComponentError(words(problem, options)) }
    }

    /// Returns one line for the errno value of a failed listen.
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

    /// Returns the plan for one start. Throws if the port is unavailable, which HAProxy itself would report in several
    /// lines.
    nonisolated func plan() throws -> InstancePlan {
        try Self.checkPort(options)
        // HAProxy would try to keep a socket that an earlier one left there.
        SmallFile.remove(folder.file("proxy.sock"))
        let launch = ComponentLaunch(
            program: program, arguments: ["-db", "-f", "haproxy.cfg"], environment: ["PATH": "/usr/bin:/bin"],
            folder: folder.path)
        // An open port is no proof that this one is up: another app's proxy may have taken it first.
        var plan = InstancePlan(
            launch: launch, readiness: .answersSteering(folder.file("proxy.sock")), stopTimeout: .seconds(10),
            port: options.port)
        // On this signal HAProxy finishes its requests before it ends.
        plan.stopSignal = SIGUSR1
        plan.isNoise = Self.isNoise
        return plan
    }

    /// Whether a line is a warning that HAProxy prints about expected changes: a process got or lost its place, or the
    /// proxy is ending.
    static func isNoise(_ line: String) -> Bool {
        line.hasPrefix("[WARNING]") && expected.contains { line.contains($0) }
    }

    private static let expected = [
        " (leaving forced maintenance)", " is going DOWN for maintenance", " was DOWN and now enters maintenance",
        " enters drain state", " stopped (cumulated conns: ",
    ]

    /// Clears all places, because a new HAProxy knows no processes.
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

    /// Frees the place of a process that has ended.
    func remove(_ instance: Instance) async {
        let key = ObjectIdentifier(instance)
        ports[key] = nil
        guard let place = places.removeValue(forKey: key) else { return }
        await tell("set server \(place.component)/s\(place.number) state maint")
    }

    /// Sends no new requests to a process, and waits at most ten seconds until its current ones are answered.
    /// Connections that never end, such as websockets, are left to the process itself.
    func drain(_ instance: Instance, time: any TimeSource) async {
        guard let place = places[ObjectIdentifier(instance)] else { return }
        await tell("set server \(place.component)/s\(place.number) state drain")
        for _ in 0..<200 {
            // If HAProxy does not report the place, there are no connections to wait for.
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

    /// Returns how many connections a place has; nil if unknown. The fields of the line are: backend/server, backend's
    /// number, server's number, address, port, purge delay, used now …
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
