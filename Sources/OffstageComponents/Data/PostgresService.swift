// The machine's own PostgreSQL as a data component. The cluster is made once, by initdb, with a password for its only
// user; it listens on loopback. PostgreSQL refuses to run as root, and so do we, before anything is made.
import OffstageCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A PostgreSQL server of our own.
struct PostgresService: DataService {
    static let user = "offstage"

    let component: DataComponent
    private let program: String
    private let folder: DataFolder
    private let password: String

    /// Finds the programs and makes the cluster if there is none.
    static func prepare(_ component: DataComponent, _ folders: AppFolders) async throws -> PostgresService {
        guard geteuid() != 0 else {
            throw ComponentError(
                "\(component.name): PostgreSQL does not run as root; run offstage up as an ordinary user")
        }
        let path = ServerProgram.searchPath
        let also = ServerProgram.postgresFolders()
        guard let program = ServerProgram.find("postgres", path: path, also: also),
            let maker = ServerProgram.find("initdb", path: path, also: also)
        else {
            throw ComponentError(
                "\(component.name) needs PostgreSQL, which is not on this machine; on Debian: apt install postgresql")
        }
        let folder = try await DataFolder.open(component, folders)
        let password = try password(folder)
        if !SystemFolders.exists("\(folder.path)/cluster/PG_VERSION") { try await make(folder, maker) }
        return PostgresService(component: component, program: program, folder: folder, password: password)
    }

    var environment: [String: String] {
        component.environment(host: "127.0.0.1", port: folder.port, user: Self.user, password: password)
    }

    func plan() -> InstancePlan {
        var launch = ComponentLaunch(
            program: program,
            arguments: [
                "-D", "\(folder.path)/cluster", "-p", "\(folder.port)", "-c", "listen_addresses=127.0.0.1",
                "-c", "unix_socket_directories=",
            ],
            environment: ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"], folder: folder.path)
        launch.keptDescriptors = [folder.lock.descriptor]
        return InstancePlan(
            launch: launch, readiness: .takesConnections(folder.port), stopTimeout: .seconds(60), port: folder.port)
    }

    private static func password(_ folder: DataFolder) throws -> String {
        let path = "\(folder.path)/password"
        if let kept = SmallFile.read(path), !kept.isEmpty { return kept }
        var random = SystemRandom()
        let password = (0..<4).map { _ in String(random.next(), radix: 36) }.joined()
        try SmallFile.write(password, to: path)
        return password
    }

    private static func make(_ folder: DataFolder, _ maker: String) async throws {
        var launch = ComponentLaunch(
            program: maker,
            arguments: [
                "-D", "\(folder.path)/cluster", "-U", user, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8",
                "--pwfile", "\(folder.path)/password",
            ],
            environment: ["PATH": "/usr/bin:/bin"], folder: folder.path)
        launch.streams = .inherited
        let end = try await ComponentProcess.start(launch).wait()
        guard end.status == .exited(0) else { throw ComponentError("initdb \(end)") }
    }
}
