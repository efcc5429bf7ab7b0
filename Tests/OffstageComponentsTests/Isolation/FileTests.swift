// A worker has its own folders and the shared ones, can read the system and its app, and cannot access anything else.
import Foundation
import OffstageComponents
import Testing

@Suite("A confined worker's files", .timeLimit(.minutes(2)))
struct FileTests {
    @Test("are its own, the shared and the temporary ones: every operation works there")
    func ownFolders() async throws {
        let app = try ConfinedApp()
        let code =
            attempts + """
                def work(folder):
                    os.mkdir(folder + "/inner")
                    with open(folder + "/inner/file", "w") as file: file.write("text")
                    os.rename(folder + "/inner/file", folder + "/inner/moved")
                    os.link(folder + "/inner/moved", folder + "/inner/linked")
                    os.symlink("moved", folder + "/inner/link")
                    os.truncate(folder + "/inner/moved", 2)
                    assert open(folder + "/inner/link").read() == "te"
                    for name in os.listdir(folder + "/inner"): os.unlink(folder + "/inner/" + name)
                    os.rmdir(folder + "/inner")
                for folder in sys.argv[1:]: attempt("work", lambda: work(folder))
                def across():
                    with open(sys.argv[1] + "/made", "w") as file: file.write("text")
                    os.rename(sys.argv[1] + "/made", sys.argv[2] + "/made")
                if \(Kernel.support.landlockVersion) != 1: attempt("across", across)
                import tempfile
                attempt("tmp", lambda: tempfile.TemporaryFile())
                assert tempfile.gettempdir() == sys.argv[3], tempfile.gettempdir()
                """
        let own = [app.folders.privateFolder, app.uploads, app.folders.temporaryFolder]
        let told = try await app.python(code, own)
        let across = Kernel.support.landlockVersion == 1 ? [] : ["across ok"]
        #expect(told.lines == ["work ok", "work ok", "work ok"] + across + ["tmp ok"], "\(told)")
    }

    @Test("do not include others': reading, listing and writing elsewhere is refused")
    func elsewhere() async throws {
        guard Kernel.has(landlock: 3) else { return }
        let app = try ConfinedApp()
        let code =
            attempts + """
                web, app, state, home = sys.argv[1:5]
                attempt("secret", lambda: open(web + "/secret").read())
                attempt("list", lambda: os.listdir(web))
                attempt("overwrite", lambda: open(web + "/secret", "w"))
                attempt("truncate", lambda: os.truncate(web + "/secret", 0))
                attempt("plant", lambda: open(web + "/planted", "w"))
                attempt("unlink", lambda: os.unlink(web + "/secret"))
                attempt("symlink", lambda: os.symlink(web + "/secret", home + "/link"))
                attempt("through", lambda: open(home + "/link").read())
                attempt("app", lambda: open(app + "/planted", "w"))
                attempt("state", lambda: os.listdir(state))
                attempt("tmp", lambda: open("/tmp/planted-by-offstage", "w"))
                attempt("root", lambda: os.listdir("/"))
                attempt("homes", lambda: os.listdir("/home"))
                attempt("shm", lambda: open("/dev/shm/planted-by-offstage", "w"))
                attempt("terminals", lambda: os.listdir("/dev/pts"))
                attempt("environ", lambda: open("/proc/%d/environ" % os.getppid()).read())
                """
        let told = try await app.python(
            code, [app.web.privateFolder, app.folders.app, app.folders.state, app.folders.privateFolder])
        let refused = ["secret", "list", "overwrite", "truncate", "plant", "unlink"].map { "\($0) EACCES" }
        let others = ["through", "app", "state", "tmp", "root", "homes", "shm", "terminals", "environ"]
        #expect(told.lines == refused + ["symlink ok"] + others.map { "\($0) EACCES" }, "\(told)")
        #expect(try String(contentsOfFile: app.web.privateFolder + "/secret", encoding: .utf8) == "secret\n")

        let free = try await app.python(
            "import sys; print(open(sys.argv[1] + '/secret').read().strip())", [app.web.privateFolder],
            confinement: app.unconfined())
        #expect(free.lines == ["secret"], "the same user reads it without a confinement: \(free)")
    }

    @Test("stay where they are: no rename or hard link leads in or out")
    func moves() async throws {
        guard Kernel.has(landlock: 1) else { return }
        let app = try ConfinedApp()
        let code =
            attempts + """
                web, app, home = sys.argv[1:4]
                open(home + "/mine", "w").close()
                attempt("link in", lambda: os.link(web + "/secret", home + "/stolen"))
                attempt("rename in", lambda: os.rename(web + "/secret", home + "/stolen"))
                attempt("link out", lambda: os.link(home + "/mine", web + "/mine"))
                attempt("rename out", lambda: os.rename(home + "/mine", web + "/mine"))
                attempt("link app", lambda: os.link(app + "/lib/part.py", home + "/part.py"))
                print(sorted(os.listdir(home)))
                """
        let told = try await app.python(
            code, [app.web.privateFolder, app.folders.app, app.folders.privateFolder])
        for name in ["link in", "rename in", "link out", "rename out", "link app"] {
            let line = told.lines.first { $0.hasPrefix(name + " ") }
            #expect(line == "\(name) EACCES" || line == "\(name) EXDEV", "\(told)")
        }
        #expect(told.lines.last == "['mine']", "\(told)")
    }

    @Test("include the system's and the app's programs, to read and to run")
    func readsTheMachine() async throws {
        let app = try ConfinedApp()
        let code =
            attempts + """
                attempt("passwd", lambda: open("/etc/passwd").read())
                attempt("proc", lambda: open("/proc/self/status").read())
                attempt("cpus", lambda: os.listdir("/sys"))
                attempt("null", lambda: open("/dev/null", "w").write("x"))
                attempt("random", lambda: open("/dev/urandom", "rb").read(1))
                attempt("app", lambda: os.listdir(sys.argv[1]))
                sys.path.insert(0, sys.argv[1] + "/lib")
                import part, subprocess
                print(subprocess.run(["/bin/sh", "-c", "echo run; echo said >&2"], capture_output=True).stdout)
                """
        let told = try await app.python(code, [app.folders.app])
        let ok = ["passwd", "proc", "cpus", "null", "random", "app"].map { "\($0) ok" }
        #expect(told.lines == ok + ["b'run\\n'"], "\(told)")
    }

    @Test("leave out a state folder inside the app's folder, which therefore cannot be listed")
    func stateInApp() async throws {
        guard Kernel.has(landlock: 1) else { return }
        let app = try ConfinedApp(stateInApp: true)
        let code =
            attempts + """
                attempt("lib", lambda: open(sys.argv[1] + "/lib/part.py").read())
                attempt("list lib", lambda: os.listdir(sys.argv[1] + "/lib"))
                attempt("secret", lambda: open(sys.argv[2] + "/secret").read())
                attempt("list", lambda: os.listdir(sys.argv[2]))
                attempt("state", lambda: os.listdir(sys.argv[1] + "/.offstage"))
                attempt("app", lambda: os.listdir(sys.argv[1]))
                attempt("own", lambda: open(sys.argv[3] + "/file", "w"))
                """
        let told = try await app.python(
            code, [app.folders.app, app.web.privateFolder, app.folders.privateFolder])
        let refused = ["secret", "list", "state", "app"].map { "\($0) EACCES" }
        #expect(told.lines == ["lib ok", "list lib ok"] + refused + ["own ok"], "\(told)")
    }

    @Test("do not include the target of a link that replaces a folder")
    func linkedFolders() throws {
        let app = try ConfinedApp()
        let files = FileManager.default
        try files.removeItem(atPath: app.folders.privateFolder)
        try files.createSymbolicLink(
            atPath: app.folders.privateFolder, withDestinationPath: app.web.privateFolder)
        #expect(throws: ConfinementError.self) { try Confinement.worker(app.folders) }
        try files.removeItem(atPath: app.folders.privateFolder)
        #expect(throws: ConfinementError.self) { try Confinement.worker(app.folders) }
        try files.createDirectory(atPath: app.folders.privateFolder, withIntermediateDirectories: true)
        _ = try Confinement.worker(app.folders)
        try files.removeItem(atPath: app.uploads)
        try files.createSymbolicLink(atPath: app.uploads, withDestinationPath: app.web.privateFolder)
        let problem = #expect(throws: ConfinementError.self) { try Confinement.worker(app.folders) }
        #expect(problem?.description.contains("components do not share") == true)
    }
}
