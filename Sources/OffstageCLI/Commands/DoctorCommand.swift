// `offstage doctor`: reports the store's findings about itself and its environment, and what to do about them.
import OffstageCore

/// The command that checks the store.
enum DoctorCommand {
    static let spec = CommandSpec(
        "doctor", "check the store and its surroundings; the status is 1 if something is wrong", run: run)

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        try await context.withStore(to: .look) { store in
            let traits = store.traits
            let findings = try await store.examine()
            let isWell = !findings.contains { $0.level == .error }
            if context.invocation.wantsJSON {
                try context.output.json { write(traits, findings, isWell, to: &$0) }
                return isWell ? .done : .failed
            }
            try context.output.line(Printable.line("\(traits.kind) store at \(traits.location)"))
            try context.output.line(Printable.line("settings: \(traits.settings)"))
            for finding in findings {
                let colour: Style.Colour = finding.level == .error ? .red : finding.level == .warning ? .yellow : .green
                let mark = context.output.style(colour, finding.level == .info ? "ok" : finding.level.name)
                try context.output.line("\(mark): \(Printable.line(finding.text))")
            }
            try context.output.line(isWell ? "all is well" : "something is wrong")
            return isWell ? .done : .failed
        }
    }

    private static func write(_ traits: StoreTraits, _ findings: [Finding], _ isWell: Bool, to writer: inout JSONWriter)
    {
        writer.beginObject()
        writer.member("store", traits.kind)
        writer.member("location", traits.location)
        writer.member("settings", traits.settings)
        writer.member("ok", isWell)
        writer.key("findings")
        writer.beginArray()
        for finding in findings {
            writer.beginObject()
            writer.member("level", finding.level.name)
            writer.member("text", finding.text)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}
