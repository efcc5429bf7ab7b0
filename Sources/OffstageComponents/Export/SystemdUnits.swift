// The same app for machines with systemd: a unit for each process, a target that groups them, and the settings files of
// servers and proxy. Ports are fixed, counted from a base, because nothing assigns them at run time.
import OffstageCore

/// The files of an app for systemd.
package struct SystemdUnits: Sendable {
    let boxfile: Boxfile
    let folders: AppFolders
    let app: String
    let user: String
    let port: Int
    let basePort: Int
    let path: String

    /// A file to write.
    package struct File: Sendable, Hashable {
        /// Its name.
        package var name: String
        /// The content.
        package var text: String
    }

    /// Prepares the units. `app` is the prefix of all units' names, `port` is where the app is reached, `basePort` is
    /// the first port of its processes, and `path` is the PATH of its processes.
    package init(
        _ boxfile: Boxfile, folders: AppFolders, app: String, user: String, port: Int, basePort: Int, path: String
    ) throws(ComponentError) {
        guard Names.isValid(app) else { throw ComponentError("\(Names.quoted(app)) cannot begin the name of a unit") }
        for folder in [folders.app, folders.state] {
            guard folder.unicodeScalars.allSatisfy({ $0.value > 31 && $0.value != 127 }) else {
                throw ComponentError("\(Names.quoted(folder)) has characters that no unit can hold")
            }
        }
        guard Names.isValid(user), !user.contains(":") else {
            throw ComponentError("\(Names.quoted(user)) is not the name of a user")
        }
        self.boxfile = boxfile
        self.folders = folders
        self.app = app
        self.user = user
        self.port = port
        self.basePort = basePort
        self.path = ComponentPlans.path(path)
    }

    func whole(_ path: String) throws(ComponentError) -> String {
        guard let text = SystemdUnit.whole(path) else {
            throw ComponentError("\(Names.quoted(path)) ends in a character that systemd takes away")
        }
        return text
    }

    /// Returns all files. Throws if a value cannot be determined, or if the app has PostgreSQL, which Debian's own
    /// units run better.
    package func files() throws -> [File] {
        var ports = Ports(next: basePort)
        var data: [String: String] = [:]
        var files: [File] = []
        for component in boxfile.data {
            switch component.service {
            case .storage: continue
            case .postgresql:
                throw ComponentError(
                    "\(component.name): no unit is made for PostgreSQL; use the one of the postgresql package and set"
                        + " \(component.variableNames.joined(separator: ", ")) by run.config")
            case .redis:
                let own = ports.take()
                data.merge(component.environment(host: "127.0.0.1", port: own)) { $1 }
                files += try redis(component, port: own)
            }
        }
        var behind: [ComponentName: [Int]] = [:]
        for component in boxfile.webs + boxfile.workers {
            for process in component.processes {
                for number in 1...component.scale {
                    let own = component.name.kind == .web ? ports.take() : nil
                    if let own { behind[component.name, default: []].append(own) }
                    files.append(try unit(component, process, number, port: own, data: data))
                }
            }
        }
        if !boxfile.webs.isEmpty { files += proxy(behind) }
        let units = files.map(\.name).filter { $0.hasSuffix(".service") }
        return files + [target(units)]
    }

    private struct Ports {
        var next: Int
        mutating func take() -> Int {
            defer { next += 1 }
            return next
        }
    }

    private func target(_ units: [String]) -> File {
        File(
            name: "\(app).target",
            text: """
                [Unit]
                Description=\(app): all components
                Wants=\(units.joined(separator: " "))

                [Install]
                WantedBy=multi-user.target

                """)
    }

    private func redis(_ component: DataComponent, port: Int) throws -> [File] {
        let folder = folders.data(component.name)
        // The units may be meant for another machine, so fall back to the usual path.
        let usual = component.image.program == "valkey" ? "/usr/bin/valkey-server" : "/usr/bin/redis-server"
        let program = SystemdUnit.list([RedisService.program(component) ?? usual])
        let settings = "\(app)-\(component.name).conf"
        let text = RedisService.settings(path: folder, port: port)
        let unit = SystemdUnit(
            description: "\(app): \(component.name)", app: app, after: ["network.target"],
            service: [
                "Type=exec", "User=\(user)", "WorkingDirectory=\(try whole(folder))",
                "ExecStart=\(program) /etc/systemd/system/\(settings)", "TimeoutStopSec=60", "UMask=0077",
                "NoNewPrivileges=yes", "ProtectSystem=strict",
                "ReadWritePaths=\(SystemdUnit.list([folder]))", "PrivateTmp=yes", "PrivateDevices=yes",
                "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
            ] + SystemdUnit.restarts)
        return [File(name: settings, text: text), File(name: "\(app)-\(component.name).service", text: unit.text)]
    }

    private func proxy(_ behind: [ComponentName: [Int]]) -> [File] {
        let settings = "\(app)-proxy.cfg"
        let found = ServerProgram.find("haproxy", path: ServerProgram.searchPath)
        let program = SystemdUnit.list([found ?? "/usr/sbin/haproxy"])
        let text = ProxySettings.text(boxfile.webs, address: "", port: port, page: nil) { behind[$0.name] ?? [] }
        let unit = SystemdUnit(
            description: "\(app): proxy", app: app, after: ["network.target"],
            service: [
                "Type=exec", "User=\(user)", "ExecStart=\(program) -db -f /etc/systemd/system/\(settings)",
                "KillSignal=SIGUSR1", "TimeoutStopSec=30", "NoNewPrivileges=yes",
                "ProtectSystem=strict", "PrivateTmp=yes", "PrivateDevices=yes",
                "AmbientCapabilities=CAP_NET_BIND_SERVICE",
            ] + SystemdUnit.restarts)
        return [File(name: settings, text: text), File(name: "\(app)-proxy.service", text: unit.text)]
    }

    private func unit(
        _ component: CodeComponent, _ process: CodeComponent.Process, _ number: Int, port: Int?, data: [String: String]
    ) throws -> File {
        let name = InstanceName(component.name.description, process: process.name, number: number)
        let service = try SystemdService(units: self, component: component, process: process).lines(
            name, port: port, data: data)
        let before = boxfile.data.filter { $0.service != .storage }.map { "\(app)-\($0.name).service" }
        let unit = SystemdUnit(
            description: "\(app): \(name)", app: app, after: ["network.target"] + before, service: service)
        return File(name: "\(app)-\(name).service", text: unit.text)
    }
}
