// The components' PostgreSQL role: an ordinary role with its own database. A superuser can make the server run any
// program, outside of every confinement, so only offstage uses that one. Once the server accepts connections, every
// start looks for the role and creates it if it is missing.
import OffstageCore
import OffstageSystem

/// The components' role on a PostgreSQL server that offstage runs.
package struct PostgresRole: Sendable, Hashable {
    /// The role's name, and that of its database.
    static let name = "offstage"
    /// The superuser's name.
    static let superuser = "postgres"

    /// The path of psql.
    let client: String
    /// The data component's folder.
    let folder: String
    /// The port on which the server listens.
    let port: Int
    /// The role's password: letters and digits.
    let password: String
    /// The superuser's password.
    let superuserPassword: String

    /// Creates the role and its database if they are missing. Returns whether they exist; if not, the server's log has
    /// the reason.
    func settle() async -> Bool {
        // A server that accepts connections replies to the request for encryption with one letter.
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
        // The server logs every refused connection while it recovers, so wait before the next try.
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
