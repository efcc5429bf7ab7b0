// `offstage migrate`: bring a store's schema up to date. Opening makes a new store and refuses one that is older or newer
// than this program, so what is left to do here is to open it and to say how it stands.
import OffstageCore

/// The command that brings a store up to date.
enum MigrateCommand {
    static let spec = CommandSpec("migrate", "make the store, or bring its schema up to date", run: run)

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        try await context.withStore { store in
            let traits = store.traits
            if context.invocation.wantsJSON {
                try context.output.json { writer in
                    writer.beginObject()
                    writer.member("store", traits.kind)
                    writer.member("location", traits.location)
                    writer.member("up_to_date", true)
                    writer.endObject()
                }
            } else {
                try context.output.line("the \(traits.kind) store at \(traits.location) is up to date")
            }
            return .done
        }
    }
}
