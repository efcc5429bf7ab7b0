// A real PostgreSQL as a data component, run by `offstage up`: the rights of its role, how it stops, and what is left
// when it is killed while it is being created. Fails where PostgreSQL is missing; scripts/bootstrap --tests installs
// it.
import Foundation
import OffstageCore
import OffstageSystem
import Testing

@Suite("PostgreSQL as a component", .serialized, .timeLimit(.minutes(3)))
struct PostgresTests {
    /// The user `nobody`: initdb looks up the name of its user.
    private static let user: UInt32 = 65_534

    private static let boxfile = """
        worker.main: { start: exec python3 worker.py }
        data.db: { image: nanobox/postgresql:10 }
        """

    private static let worker = """
        import os, subprocess, sys, time
        words = ['psql', '-X', '-A', '-t', '-q', '-h', os.environ['DATA_DB_HOST'], '-p', os.environ['DATA_DB_PORT'],
            '-U', os.environ['DATA_DB_USER']]
        given = dict(os.environ, PGPASSWORD=os.environ['DATA_DB_PASS'])
        def ask(name, command, *more):
            told = subprocess.run([*words, *more, '-c', command], env=given, text=True, capture_output=True)
            print(name, 'is', (told.stdout.strip() or told.stderr.strip() or 'done').splitlines()[0], flush=True)
        mark = os.environ['HOME'] + '/../../escaped'
        ask('who', "SELECT current_user, current_database(), rolsuper, rolcreaterole FROM pg_roles"
            " WHERE rolname = current_user")
        ask('table', 'CREATE TABLE IF NOT EXISTS kept (number int)')
        ask('row', 'INSERT INTO kept VALUES (1)')
        ask('rows', 'SELECT count(*) FROM kept')
        ask('program', "COPY kept TO PROGRAM 'touch %s'" % mark)
        ask('file', "COPY kept FROM '/etc/passwd'")
        ask('rise', 'ALTER ROLE offstage SUPERUSER')
        ask('superuser', 'SELECT 1', '-U', 'postgres', '-w')
        # A client that stays and does nothing.
        idle = subprocess.Popen(words, env=given, stdin=subprocess.PIPE)
        idle.stdin.write(b"\\\\echo idle is here\\n"); idle.stdin.flush()
        time.sleep(1000)
        """

    @Test("gives components their own role, stops at once with a client connected, and keeps the data")
    func component() async throws {
        let app = try RunningApp(Self.boxfile, files: ["worker.py": Self.worker], user: Self.user)
        try await app.upAndReady()
        try await app.expect("the client") { app.says("idle is here") }
        for line in [
            "| who is offstage|offstage|f|f", "| table is done", "| row is done", "| rows is 1",
            "| program is ERROR:  must be superuser", "| file is ERROR:  must be superuser",
            "| rise is ERROR:  must be superuser", "| superuser is psql: error",
        ] {
            #expect(app.says(line), "no '\(line)' in \(app.lines.filter { $0.contains("worker.main") })")
        }
        #expect(!FileManager.default.fileExists(atPath: "\(app.folder)/.offstage/escaped"))
        for name in ["password", "superuser-password"] {
            let path = "\(app.folder)/.offstage/data/data.db/\(name)"
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
        }
        let clock = ContinuousClock()
        let start = clock.now
        #expect(try await app.offstage("restart", "data.db").status == 0)
        // A smart shutdown would wait for the client until it is killed, after 60 s.
        #expect(clock.now - start < .seconds(30))
        #expect(app.says("received fast shutdown request"))
        #expect(!app.says("is killed"))
        #expect(try await app.stop() == 0)
        // What was dropped by mistake or never created is created at the next start; existing data stays.
        try await app.upAndReady()
        try await app.expect("the client") { app.says("idle is here") }
        #expect(app.says("| rows is 2"))
        #expect(try await app.stop() == 0)
        #expect(app.strays() == [])
    }

    @Test("survives a kill while it is created, and leaves standard output to the app")
    func making() async throws {
        let app = try RunningApp("data.db: { image: postgresql }", user: Self.user)
        let folder = "\(app.folder)/.offstage/data/data.db"
        try app.up(["--json"])
        try await app.expect("initdb") { FileManager.default.fileExists(atPath: "\(folder)/cluster.new/base") }
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/cluster"))
        try await app.stop(SIGKILL)
        // What a worse crash would have left behind.
        try FileManager.default.createDirectory(atPath: "\(folder)/cluster.new/base", withIntermediateDirectories: true)
        if geteuid() == 0 {
            for path in ["cluster.new", "cluster.new/base"] {
                #expect(chown("\(folder)/\(path)", Self.user, Self.user) == 0)
            }
        }
        try app.up(["--json"])
        try await app.expect("everything is up") { app.says("everything is up") }
        for line in app.lines { #expect((try? JSON.parse(Array(line.utf8))) != nil, "\(line)") }
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/cluster.new"))
        #expect(try await app.stop() == 0)
        #expect(app.strays() == [])
    }
}
