// The entry point: from the words of a command line to an exit status. An app's own executable calls this with its jobs
// and gets the whole command line; the `offstage` program calls it with none. Every end of a command passes through
// here, so errors are turned into one line each here.
import OffstageCore
import OffstageSystem

/// The command line as a whole.
public enum OffstageMain {
    /// Runs the process's command line and ends the process with its exit status.
    ///
    ///     await OffstageMain.main(OffstageApp { Thumbnail.self; Newsletter.self })
    public static func main(_ app: OffstageApp = OffstageApp()) async -> Never {
        exit(await run(app).rawValue)
    }

    /// Runs a command line and returns its exit status. The first of `arguments` is the program's name; nil means the
    /// process's own arguments.
    public static func run(_ app: OffstageApp = OffstageApp(), arguments: [String]? = nil) async -> ExitStatus {
        StandardDescriptors.fill()
        // A closed reader is noticed where results are written.
        signal(SIGPIPE, SIG_IGN)
        let environment = ProcessEnvironment.variables()
        let words: [String]
        do throws(UsageError) {
            if let arguments { words = arguments } else { words = try ProcessArguments.read() }
            try ProcessEnvironment.check()
        } catch {
            let name = program(CommandLine.arguments)
            return end(with: error, Output(name: name, environment: environment))
        }
        return await run(app, words, environment)
    }

    private static func program(_ words: [String]) -> String {
        words.first?.split(separator: "/").last.map(String.init) ?? "offstage"
    }

    private static func run(
        _ app: OffstageApp, _ arguments: [String], _ environment: [String: String]
    ) async -> ExitStatus {
        let program = program(arguments)
        let output = Output(name: program, environment: environment)
        let groups = CommandTable.groups
        let parser = CommandParser(commands: groups.flatMap(\.commands) + CommandTable.hidden)
        let help = HelpText(program: program, groups: groups)
        do {
            let invocation: Invocation
            switch try parser.parse(Array(arguments.dropFirst())) {
            case .help(let command):
                try output.line(command.map(help.command) ?? help.overview())
                try output.flush()
                return arguments.count > 1 ? .done : .usage
            case .version: invocation = Invocation(command: VersionCommand.spec)
            case .run(let parsed): invocation = parsed
            }
            let context = CommandContext(
                invocation: invocation, output: output, time: SystemTime(), environment: environment,
                program: program, app: app, groups: groups)
            let status = try await invocation.command.run(context)
            output.status("")
            try output.flush()
            return status
        } catch {
            return end(with: error, output)
        }
    }

    private static func end(with error: any Error, _ output: Output) -> ExitStatus {
        output.status("")
        if error is Output.ReaderIsGone { return .done }
        try? output.flush()
        switch error {
        case let error as UsageError:
            output.message(error.description)
            return .usage
        case let error as CommandFailure:
            output.message(error.description)
            return error.status
        default:
            output.message("\(error)")
            return .failed
        }
    }
}
