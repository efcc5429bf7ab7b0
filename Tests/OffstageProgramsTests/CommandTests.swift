// What can be determined about a command before it runs.
import Foundation
import OffstageCore
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
            // Redirections before the command, of the shell itself, and by number.
            "exec 2>/dev/null; ./none.sh", "exec >/dev/null 2>&1", "exec 3<&0; ./none.sh", "exec -c ./none.sh",
            "2>err.log ./none.sh", "<in ./none.sh", ">>out 2>&1 ./none.sh", "12<in ./none.sh",
            // Functions, and names that may have become a command or be found on another path by the time the shell
            // looks.
            "none () { echo x; } ; none", "none() { echo x; }; none", "none\t()\n{ :; }; none", "alias none=ls; none",
            "PATH=. none.sh", "PATH=/opt A=1 none", "IFS=, none", "cd /tmp; ./none.sh", "a+=1 none",
            // Compound commands, negation, keywords.
            "{ none; }", "(none)", "! none", "if none; then :; fi", "while none; do :; done",
            "for i in 1; do none; done",
            "case x in x) none;; esac", "time none",
            // What only the shell can evaluate.
            "VAR=x", "VAR='a b' OTHER=\"$VAR\"", "VAR=x # why", "$CMD", "\"$CMD\" x", "`echo none`", "$(echo none) x",
            "~/none", "no?e", "none*", "A=$(none) none", "# nothing",
            // Quoting: a continued line, a backslash in double quotes, a name with a space.
            "l\\\ns", "'l's", "l\"s\"", "\\l\\s", "/bin/l\\\ns", "cat <<END\nnone\nEND\n",
            // The shell never reaches the second line.
            "exec true\n))",
        ])
    func passes(line: String) {
        #expect(complaint(line) == nil)
    }

    @Test("that is found by the shell's rules passes")
    func quotedPaths() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "offstage \(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["a b", "a\\n", "a$b"] {
            try Data("#!/bin/sh\n".utf8).write(to: folder.appending(path: name))
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755], ofItemAtPath: folder.appending(path: name).path)
        }
        let path = folder.path
        #expect(complaint("\"\(path)/a\\n\" x") == nil)
        #expect(complaint("\"\(path)/a\\$b\" x") == nil)
        #expect(complaint("'\(path)'/a\\ b") == nil)
        #expect(complaint("'\(path)/c' x")?.hasSuffix("/c\" does not exist") == true)
    }

    @Test("whose syntax is wrong is reported", arguments: ["if", "echo 'x", "ls )", "foo() {", "true && ", "{ ls"])
    func syntax(line: String) {
        #expect(complaint(line)?.hasPrefix("the shell cannot read the command: ") == true)
    }

    @Test("that is missing is reported")
    func missing() {
        #expect(complaint("no-such-program --x") == "\"no-such-program\" is no command on the PATH")
        #expect(complaint("exec no-such-program") == "\"no-such-program\" is no command on the PATH")
        #expect(complaint("A=1 ./no/such file") == "\"./no/such\" does not exist")
        #expect(complaint("/tmp") == "\"/tmp\" is a directory")
        #expect(complaint("  ") == "the command is empty")
        #expect(complaint("ls", path: "/nowhere") == "\"ls\" is no command on the PATH")
    }

    @Test("that is not executable is reported")
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

    @Test("gives one command per type, in order, without comments and empty lines")
    func parses() throws {
        let text = "# ours\r\n\n image.thumbnail = ./thumb.sh --x=1 # not a comment\n  # more\nmail:send=php mail.php"
        let found = try HandlersFile.parse(text, name: "handlers")
        #expect(found.map(\.type) == ["image.thumbnail", "mail:send"])
        #expect(found.map(\.command) == ["./thumb.sh --x=1 # not a comment", "php mail.php"])
    }

    @Test("defines how a type's jobs are retried")
    func retries() throws {
        let found = try HandlersFile.parse("a retry 10s..1h = ./a.sh\nb=./b.sh\n c  retry never=c", name: "handlers")
        #expect(found.map(\.type) == ["a", "b", "c"])
        #expect(found.map(\.retry) == ["10s..1h", nil, "never"])
        #expect(found.map(\.command) == ["./a.sh", "./b.sh", "c"])
        let told = try #require(complaint("\na retry often=./a.sh"))
        #expect(told.hasPrefix("handlers:2: \"often\" is no retry policy: write standard, never, a duration"))
    }

    @Test("knows retry policies by their text")
    func policies() throws {
        var random: any RandomSource = SystemRandom()
        let failure = Failure(.failed, "x")
        #expect(try RetryText.parse("30s").delay(7, failure, &random) == .seconds(30))
        #expect(try RetryText.parse("never").delay(1, failure, &random) == nil)
        let delay = try #require(try RetryText.parse("1s..8s").delay(3, failure, &random))
        #expect((.seconds(2)...(.seconds(4))).contains(delay))
        #expect(try #require(try RetryText.parse("1s..8s").delay(60, failure, &random)) <= .seconds(8))
        for wrong in ["", "-1s", "5", "0s..8s", "9s..8s", "1s..", "1s.8s", "1s..2s..3s", "Never"] {
            #expect(throws: HandlersFileError.self) { try RetryText.parse(wrong) }
        }
    }

    @Test("reports the line of each mistake")
    func complains() {
        #expect(complaint("a=b\nnothing") == "handlers:2: \"nothing\" has no '='; a handler is written TYPE=COMMAND")
        #expect(complaint("a b=c")?.hasPrefix("handlers:1: type \"a b\" is not a name") == true)
        #expect(complaint("\na=") == "handlers:2: type \"a\" has no command; a handler is written TYPE=COMMAND")
        #expect(complaint("a=b\n\na=c") == "handlers:3: type \"a\" has a handler in line 1 already")
    }
}
