// The machine's own redis-server as a data component. It is as durable as Redis gets: every write is in its
// append-only file, on the disk, before it is answered (appendfsync always), for an accepted job must survive a power
// cut; writes that arrive together share one fsync. Nothing is ever evicted. It listens on loopback only.
import OffstageCore

/// A Redis server of our own.
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
        try SmallFile.write(settings(path: folder.path, port: folder.port), to: "\(folder.path)/redis.conf")
        return RedisService(component: component, program: program, folder: folder)
    }

    /// The program that serves the image; nil if this machine has none.
    static func program(_ component: DataComponent) -> String? {
        let names = component.image.program == "valkey" ? ["valkey-server", "redis-server"] : ["redis-server"]
        let path = ServerProgram.searchPath
        return names.lazy.compactMap { ServerProgram.find($0, path: path) }.first
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

    /// A path in the settings stands in quotes, with the two characters escaped that mean something there.
    static func settings(path: String, port: Int) -> String {
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

            """
    }
}
