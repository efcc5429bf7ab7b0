// Who the components are for PostgreSQL: an ordinary role with a database of its own. A superuser can have the server
// run any program, outside of every confinement, so that one is ours alone. The role is looked for at every start, once
// the server takes connections, and made where it is missing.
import OffstageCore
import OffstageSystem

/// The components' role at a PostgreSQL server of ours.
package struct PostgresRole: Sendable, Hashable {
    /// The role, and the database that belongs to it.
    static let name = "offstage"
    /// The superuser.
    static let superuser = "postgres"

    /// The file of psql.
    let client: String
    /// The data component's folder.
    let folder: String
    /// Where the server listens.
    let port: Int
    /// The role's password, letters and digits.
    let password: String
    /// The superuser's.
    let superuserPassword: String

    /// Makes the role and its database if need be; answers whether they are there. If not, the server's log says why.
    func settle() async -> Bool {
        // The request for encryption is answered by a server that takes connections, with one letter.
        let answer = await SystemThread.call { LocalPort.ask(port, [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F]) } ?? nil
        guard let answer, [[0x4E], [0x53]].contains(answer) else { return false }
        let script = "\(folder)/role.sql"
        guard (try? SmallFile.write(commands, to: script)) != nil else { return false }
        defer { SmallFile.remove(script) }
        var launch = ComponentLaunch(
            program: client,
            arguments: [
                "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", "\(port)", "-U", Self.superuser, "-d",
                Self.superuser, "-f", script,
            ], folder: folder)
        // Others may have put functions into the search path of a database that all may use.
        launch.environment = [
            "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PGPASSWORD": superuserPassword, "PGCONNECT_TIMEOUT": "10",
            "PGOPTIONS": "-c search_path=pg_catalog",
        ]
        if let told = try? await QuietProgram.run(launch), told.end.status == .exited(0) { return true }
        // A server that recovers says so in its log each time.
        try? await SystemTime().sleep(for: .milliseconds(250))
        return false
    }

    private var commands: String {
        """
        SELECT 'CREATE ROLE \(Self.name)' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '\(Self.name)') \\gexec
        ALTER ROLE \(Self.name) LOGIN PASSWORD '\(password)';
        SELECT 'CREATE DATABASE \(Self.name) OWNER \(Self.name)'
        WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '\(Self.name)') \\gexec

        """
    }
}
