// What can be told of a command before it runs.
import Foundation
import OffstagePrograms
import Testing

@Suite("A command")
struct CommandTests {
    private func complaint(_ line: String, path: String = "/usr/bin:/bin") -> String? {
        do throws(ProgramCommandError) {
            try ProgramCommand(line, environment: ["PATH": path]).check()
            return nil
        } catch {
            return error.description
        }
    }

    @Test(
        "that the shell can start passes",
        arguments: [
            "ls", "  ls -l | wc", "/bin/sh -c true", "'/bin/sh' -c true", "A=1 B='x y' sh", "cd /tmp && ./anything",
            "$HOME/x", "~/x", "(ls)", "{ ls; }", "if true; then ls; fi", "! ls", "exec ls", "[ -f x ]", ": ",
            "# why\nls", "echo hi", "\\ls", "exec", ">file", "A=1",
        ])
    func passes(line: String) {
        #expect(complaint(line) == (line == "A=1" ? "the command is empty" : nil))
    }

    @Test("that is missing is told")
    func missing() {
        #expect(complaint("no-such-program --x") == "\"no-such-program\" is no command on the PATH")
        #expect(complaint("exec no-such-program") == "\"no-such-program\" is no command on the PATH")
        #expect(complaint("A=1 ./no/such file") == "\"./no/such\" does not exist")
        #expect(complaint("/tmp") == "\"/tmp\" is a directory")
        #expect(complaint("  ") == "the command is empty")
        #expect(complaint("ls", path: "/nowhere") == "\"ls\" is no command on the PATH")
    }

    @Test("that is not executable is told")
    func notExecutable() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "offstage \(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        try Data("#!/bin/sh\n".utf8).write(to: URL(filePath: file))
        let told = try #require(complaint("'\(file)' x"))
        #expect(told.hasPrefix("\"\(file)\" is not executable"))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
        #expect(complaint("'\(file)' x") == nil)
    }
}

@Suite("A handlers file")
struct HandlersFileTests {
    private func complaint(_ text: String) -> String? {
        do throws(HandlersFileError) {
            _ = try HandlersFile.parse(text, name: "handlers")
            return nil
        } catch {
            return error.description
        }
    }

    @Test("gives a command for each type, in order, without comments and empty lines")
    func parses() throws {
        let text = "# ours\r\n\n image.thumbnail = ./thumb.sh --x=1 # not a comment\n  # more\nmail:send=php mail.php"
        let found = try HandlersFile.parse(text, name: "handlers")
        #expect(found.map(\.type) == ["image.thumbnail", "mail:send"])
        #expect(found.map(\.command) == ["./thumb.sh --x=1 # not a comment", "php mail.php"])
    }

    @Test("tells the line of what is wrong")
    func complains() {
        #expect(complaint("a=b\nnothing") == "handlers:2: \"nothing\" has no '='; a handler is written TYPE=COMMAND")
        #expect(complaint("a b=c")?.hasPrefix("handlers:1: type \"a b\" is not a name") == true)
        #expect(complaint("\na=") == "handlers:2: type \"a\" has no command; a handler is written TYPE=COMMAND")
        #expect(complaint("a=b\n\na=c") == "handlers:3: type \"a\" has a handler in line 1 already")
    }
}
