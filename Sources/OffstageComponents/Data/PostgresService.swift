// The machine's own PostgreSQL as a data component. initdb creates the cluster once, in a temporary place beside the
// final one; it is moved when it is complete, so an interruption ruins nothing. The server listens on loopback. Only
// offstage uses the superuser; the components get their own role. PostgreSQL refuses to run as root, and so does this
// code, before it creates anything.
import Foundation
import OffstageCore
import OffstageSystem

/// A PostgreSQL server that offstage runs.
struct PostgresService: DataService {
    let component: DataComponent
    private let program: String
    private let folder: DataFolder
    private let role: PostgresRole

    /// Finds the programs, and creates the cluster if there is none.
    static func prepare(_ component: DataComponent, _ folders: AppFolders) async throws -> PostgresService {
        guard geteuid() != 0 else {
            throw ComponentError(
                "\(component.name): PostgreSQL does not run as root; run offstage up as an ordinary user")
        }
        let path = ServerProgram.searchPath
        let also = ServerProgram.postgresFolders()
        guard let program = ServerProgram.find("postgres", path: path, also: also),
            let maker = ServerProgram.beside(program, "initdb"), let client = ServerProgram.beside(program, "psql")
        else {
            throw ComponentError(
                "\(component.name) needs PostgreSQL, which is not on this machine; on Debian: apt install postgresql")
        }
        let folder = try await DataFolder.open(component, folders)
        let role = PostgresRole(
            client: client, folder: folder.path, port: folder.port, password: try password(folder, "password"),
            superuserPassword: try password(folder, superuserPassword))
        if !SystemFolders.exists("\(folder.path)/cluster") { try await make(folder, maker) }
        return PostgresService(component: component, program: program, folder: folder, role: role)
    }

    var environment: [String: String] {
        component.environment(
            host: "127.0.0.1", port: folder.port, user: PostgresRole.name, password: role.password)
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
        var plan = InstancePlan(
            launch: launch, readiness: .knows(role), stopTimeout: .seconds(60), port: folder.port)
        // SIGINT is the fast shutdown. SIGTERM's shutdown waits until the last client has disconnected.
        plan.stopSignal = SIGINT
        return plan
    }

    private static let superuserPassword = "superuser-password"

    private static func password(_ folder: DataFolder, _ name: String) throws -> String {
        let path = "\(folder.path)/\(name)"
        if let kept = SmallFile.read(path), !kept.isEmpty { return kept }
        let password = Secret.make()
        try SmallFile.write(password, to: path)
        return password
    }

    private static func make(_ folder: DataFolder, _ maker: String) async throws {
        let draft = "\(folder.path)/cluster.new"
        try? FileManager.default.removeItem(atPath: draft)
        let launch = ComponentLaunch(
            program: maker,
            arguments: [
                "-D", draft, "-U", PostgresRole.superuser, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8",
                "--pwfile", "\(folder.path)/\(superuserPassword)",
            ],
            environment: ["PATH": "/usr/bin:/bin"], folder: folder.path)
        let told = try await QuietProgram.run(launch)
        guard told.end.status == .exited(0) else {
            let words = told.text.split(whereSeparator: \.isNewline).suffix(3).joined(separator: " ")
            throw ComponentError("initdb \(told.end): \(words)")
        }
        guard rename(draft, "\(folder.path)/cluster") == 0 else {
            throw ComponentError("cannot rename \(Names.quoted(draft)): \(LibC.reason(errno))")
        }
        // Without the sync, a power cut within seconds could undo the rename and lose the data stored under the new
        // name.
        let place = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if place >= 0 {
            _ = fsync(place)
            _ = close(place)
        }
    }
}
