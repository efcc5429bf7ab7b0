// The command-line grammar: what it accepts. Everything else gets one clear line that names the nearest known word.
import Testing

@testable import OffstageCLI

@Suite struct CommandParserTests {
    private let parser = CommandParser(commands: CommandTable.groups.flatMap(\.commands))

    private func invocation(_ words: String...) throws -> Invocation {
        guard case .run(let invocation) = try parser.parse(words) else {
            throw UsageError("no command")
        }
        return invocation
    }

    @Test func optionsMayStandAnywhereInBothSpellings() throws {
        let invocation = try invocation(
            "--store", "memory:", "enqueue", "--queue=mail", "mail.send", "--tag", "a", "--tag", "b", "{}", "--json")
        #expect(invocation.command.name == "enqueue")
        #expect(invocation.argument("TYPE") == "mail.send")
        #expect(invocation.argument("JSON") == "{}")
        #expect(invocation.text("queue") == "mail")
        #expect(invocation.texts("tag") == ["a", "b"])
        #expect(invocation.text("store") == "memory:")
        #expect(invocation.wantsJSON)
    }

    @Test func wordsThatLookLikeOptionsCanBeArguments() throws {
        #expect(try invocation("enqueue", "t", "-").argument("JSON") == "-")
        #expect(try invocation("enqueue", "t", "-5").argument("JSON") == "-5")
        #expect(try invocation("enqueue", "--", "t", "--x").argument("JSON") == "--x")
        #expect(try invocation("enqueue", "t", "--meta", "k=a=b").text("meta") == "k=a=b")
    }

    @Test(arguments: [
        (["enqeue", "t"], "unknown command 'enqeue'; did you mean enqueue?"),
        (["zzzzzz"], "unknown command 'zzzzzz'; see --help"),
        (["enqueue", "t", "--quue", "a"], "unknown option --quue for 'enqueue'; did you mean --queue?"),
        (["jobs", "--limit"], "--limit needs a value: --limit N"),
        (["jobs", "--limit", "--json"], "--limit needs a value: --limit N"),
        (["jobs", "--limit", "0"], "--limit must be a number from 1 to 1000000, not '0'"),
        (["jobs", "--limit", "-3"], "--limit must be a number from 1 to 1000000, not '-3'"),
        (["jobs", "--json=yes"], "--json takes no value"),
        (["jobs", "--queue", "a", "--queue", "b"], "--queue is given twice"),
        (["jobs", "extra"], "'extra' is one argument too many for 'jobs'"),
        (["show"], "show needs ID (the job)"),
        (["show", "123"], "ID must be a job's id (a UUID), not '123'"),
        (["enqueue", "bad name"], "TYPE must be 1 to 128 of the characters A-Z a-z 0-9 . _ : -, not 'bad name'"),
        (["enqueue", "t", "--priority", "10"], "--priority must be a number from 0 to 9, not '10'"),
        (["enqueue", "t", "--meta", "novalue"], "--meta must be KEY=VALUE, not 'novalue'"),
        (["enqueue", "t", "--at", "tomorrow"], "--at must be a time such as 2031-05-04T09:30:00Z, not 'tomorrow'"),
        (
            ["enqueue", "t", "--in", "-5s"],
            "--in must be a duration such as 250ms, 30s, 10m, 1h, 2d or 1h30m, not '-5s'"
        ),
        (["--jsn", "jobs"], "unknown option --jsn before the command; did you mean --json?"),
        (["--json"], "no command given; see --help"),
    ])
    func wrongUsageIsToldInOneLine(_ words: [String], message: String) {
        let error = #expect(throws: UsageError.self) { try parser.parse(words) }
        #expect(error?.description == message)
    }

    @Test func aStateThatIsNoneNamesTheNearest() {
        let error = #expect(throws: UsageError.self) { try parser.parse(["jobs", "--state", "runing"]) }
        #expect(error?.description.hasSuffix("not 'runing'; did you mean running?") == true)
    }

    @Test func helpIsGivenForTheWholeAndForEachCommand() throws {
        let help = HelpText(program: "offstage", groups: CommandTable.groups)
        for words in [[], ["--help"], ["-h"], ["help"]] {
            guard case .help(nil) = try parser.parse(words) else {
                Issue.record("\(words)")
                continue
            }
        }
        for command in CommandTable.groups.flatMap(\.commands) {
            guard case .help(let found?) = try parser.parse([command.name, "--help"]) else {
                Issue.record("\(command.name)")
                continue
            }
            #expect(found.name == command.name)
            #expect(help.overview().contains("  \(command.name) "))
            let text = help.command(command)
            for option in command.allOptions { #expect(text.contains("--\(option.name)")) }
            #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(command.name)")
        }
    }
}
