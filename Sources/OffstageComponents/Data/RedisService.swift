// The machine's own redis-server as a data component, as durable as Redis can be. An accepted job must survive a power
// cut, so every write is on disk in the append-only file before it is answered (appendfsync always); writes that arrive
// together share one fsync. Nothing is ever evicted. It listens on loopback only.
import OffstageCore

/// A Redis server that offstage runs.
struct RedisService: DataService {
    let component: DataComponent
    private let program: String
    private let folder: DataFolder

    /// Finds the program and writes the settings.
    static func prepare(_ component: DataComponent, _ folders: AppFolders) async throws -> RedisService {
        guard let program = program(component) else {
            throw ComponentError(
                "\(component.name) needs redis-server, which this machine lacks; on Debian: apt install redis-server"
            )
        }
        let folder = try await DataFolder.open(component, folders)
        let told = try await QuietProgram.run(ComponentLaunch(program: program, arguments: ["--version"]))
        let text = settings(path: folder.path, port: folder.port, isGuarded: isGuarded(told.text))
        try SmallFile.write(text, to: "\(folder.path)/redis.conf")
        return RedisService(component: component, program: program, folder: folder)
    }

    /// Returns the program that serves the image; nil if this machine has none.
    static func program(_ component: DataComponent) -> String? {
        let names = component.image.program == "valkey" ? ["valkey-server", "redis-server"] : ["redis-server"]
        let path = ServerProgram.searchPath
        for name in names {
            if let program = ServerProgram.find(name, path: path) { return program }
        }
        return nil
    }

    var environment: [String: String] { component.environment(host: "127.0.0.1", port: folder.port) }

    func plan() -> InstancePlan {
        var launch = ComponentLaunch(
            program: program, arguments: ["\(folder.path)/redis.conf"],
            environment: ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"], folder: folder.path)
        launch.keptDescriptors = [folder.lock.descriptor]
        return InstancePlan(
            launch: launch, readiness: .answersPing(folder.port), stopTimeout: .seconds(60), port: folder.port)
    }

    /// Whether a server of this version ("Redis server v=7.0.15 …") by itself refuses to write outside its folder, to
    /// load libraries, and to be debugged. All do from version 7 on, and every Valkey does.
    static func isGuarded(_ version: String) -> Bool {
        guard let mark = version.firstRange(of: " v=") else { return false }
        return Int(version[mark.upperBound...].prefix { $0.isNumber }).map { $0 >= 7 } ?? false
    }

    /// Returns the settings file. The path is quoted, with the two special characters escaped. A server that is not
    /// guarded loses the commands by which a confined worker could make it do what the worker may not do itself.
    static func settings(path: String, port: Int, isGuarded: Bool = true) -> String {
        let path = path.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return """
            bind 127.0.0.1
            port \(port)
            protected-mode yes
            daemonize no
            dir "\(path)"
            appendonly yes
            appendfsync always
            auto-aof-rewrite-percentage 100
            auto-aof-rewrite-min-size 64mb
            save ""
            maxmemory-policy noeviction
            tcp-keepalive 60
            logfile ""

            """ + (isGuarded ? "" : ["CONFIG", "MODULE", "DEBUG"].map { "rename-command \($0) \"\"\n" }.joined())
    }
}
