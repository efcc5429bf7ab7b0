// The machine's own PostgreSQL as a data component. The cluster is made once, by initdb, beside its place and moved
// there when it is whole, so that an end in between ruins nothing; it listens on loopback. The superuser is ours alone,
// the components get a role of their own. PostgreSQL refuses to run as root, and so do we, before anything is made.
import Foundation
import OffstageCore
import OffstageSystem

/// A PostgreSQL server of our own.
struct PostgresService: DataService {
    let component: DataComponent
    private let program: String
    private let folder: DataFolder
    private let role: PostgresRole

    /// Finds the programs and makes the cluster if there is none.
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
        // The fast shutdown. SIGTERM's waits until the last client has gone by itself.
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
        // Or a power cut within seconds could take the name away again, and what was kept under it.
        let place = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if place >= 0 {
            _ = fsync(place)
            _ = close(place)
        }
    }
}
