// What every component command needs first: the app's folder and its boxfile.
import OffstageComponents
import OffstageCore

/// The app that a command works on.
enum AppFolder {
    /// The option that names the folder.
    static let option = OptionSpec.value("folder", "DIR", .file, "the app's folder, with its boxfile.yml (.)")

    /// Returns the paths within the app's folder. Creates nothing.
    static func folders(_ context: CommandContext) throws -> AppFolders {
        try AppFolders(app: context.invocation.text("folder") ?? ProcessEnvironment.folder())
    }

    /// Returns the same paths, and creates the folders that do not exist.
    static func preparedFolders(_ context: CommandContext) throws -> AppFolders {
        try AppFolders.prepared(
            app: context.invocation.text("folder") ?? ProcessEnvironment.folder(), surroundings: context.environment)
    }

    /// Reads the boxfile. Prints its warnings; prints every error before it fails.
    static func boxfile(_ context: CommandContext) throws -> Boxfile {
        let folder = context.invocation.text("folder").map { $0.hasSuffix("/") ? $0 : $0 + "/" } ?? ""
        do throws(BoxfileError) {
            let boxfile = try Boxfile.load(path: folder + Boxfile.defaultName)
            for warning in boxfile.warnings { context.output.message(warning.description) }
            return boxfile
        } catch {
            for message in error.messages { context.output.message(message.description) }
            throw CommandFailure("\(Boxfile.defaultName) cannot be used")
        }
    }

    /// Sends a request to the `offstage up` that runs in the folder. Fails if none runs.
    static func ask(_ request: ControlRequest, _ context: CommandContext) async throws -> JSON {
        let folders = try folders(context)
        guard let answer = try await ControlClient.ask(request, folders) else {
            throw CommandFailure("no offstage up runs in \(folders.app)")
        }
        return answer
    }

    /// Parses a component's name as the user typed it.
    static func component(_ text: String) throws -> ComponentName {
        guard let name = ComponentName(text) else {
            throw UsageError("'\(text)' is no component; they are called such as worker.main, web.main or data.queue")
        }
        return name
    }
}
