// `offstage migrate`: creates a store, or upgrades an older one. Every other command refuses a store whose schema is
// not its own, so a deploy runs this between stopping the old program and starting the new one.
import OffstageCore

/// The command that upgrades a store.
enum MigrateCommand {
    static let spec = CommandSpec(
        "migrate", "make the store, or bring its schema up to date",
        details:
            "To be run while no worker of an older version uses the store."
            + " A store that is up to date is left as it is.",
        run: run)

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        let url = try context.storeURL()
        var options = StoreOptions()
        options.time = context.time
        let (from, to) = try await StoreOpener.migrate(url, options: options)
        guard !context.invocation.wantsJSON else {
            try context.output.json { writer in
                writer.beginObject()
                writer.member("from", from)
                writer.member("to", to)
                writer.endObject()
            }
            return .done
        }
        let address = url.shown(in: ProcessEnvironment.folder())
        switch from {
        case to: try context.output.line("\(address) is up to date (schema \(to))")
        case 0: try context.output.line("made \(address) with schema \(to)")
        default: try context.output.line("brought \(address) from schema \(from) to \(to)")
        }
        return .done
    }
}
