// `offstage backup FILE`: copies the store while it is in use. Only file stores need this; a server has its own backup.
import OffstageCore

/// The command that copies a store.
enum BackupCommand {
    static let spec = CommandSpec(
        "backup", "copy the store into a new file, while it is in use",
        details:
            "Writers neither wait for it nor delay it. The copy is checked before it gets its name, is readable by"
            + " those who may read the store, and is a store by itself: look at it with --store sqlite:FILE."
            + "\nTo restore it, stop everything, remove the store's -wal and -shm, and put the copy in the store's"
            + " place.",
        arguments: [ArgumentSpec("FILE", .file, .one, "the new file; it must not exist")],
        run: run)

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        let file = context.invocation.argument("FILE") ?? ""
        let report = try await StoreOpener.backUp(try context.storeURL(), to: file, options: context.storeOptions())
        guard !context.invocation.wantsJSON else {
            try context.output.json { writer in
                writer.beginObject()
                writer.member("file", file)
                writer.member("jobs", report.jobs)
                writer.member("bytes", report.bytes)
                writer.endObject()
            }
            return .done
        }
        try context.output.line(
            Printable.line("copied \(Figures.jobs(report.jobs)) into \(file) (\(report.bytes >> 10) KiB)"))
        return .done
    }
}
