// Reads the sections that are not components, and advises on unknown ones: most are misspelt, or lost their
// indentation.

import OffstageCore

extension BoxfileReader {
    mutating func readRunConfig(_ entry: YAMLEntry) {
        guard !entry.value.isNull, let entries = map(entry.value, "run.config") else { return }
        let known = understood(entries, of: .run, in: "run.config")
        if let engine = known["engine"] { runConfig.engine = text(engine.value, "engine of run.config") }
        if let env = known["env"] { runConfig.variables = variables(env.value, "run.config", mayNamePort: false) }
        guard let dev = known["dev"], let settings = map(dev.value, "dev of run.config") else { return }
        if let env = understood(settings, of: .development, in: "dev of run.config")["env"] {
            runConfig.developmentVariables = variables(env.value, "dev of run.config", mayNamePort: false)
        }
    }

    /// Nothing in it has an effect, but an unknown key is an error here as in any section.
    mutating func readDeployConfig(_ entry: YAMLEntry) {
        guard case .mapping(let entries) = entry.value.content, !entries.isEmpty else {
            return warning("deploy.config has no effect: nothing is deployed here", at: entry.place)
        }
        _ = understood(entries, of: .deploy, in: "deploy.config")
    }

    static func advice(onSection key: String, after sectionBefore: String?) -> String {
        let shown = Names.quoted(key)
        if let dot = key.firstIndex(of: ".") {
            let (kind, name) = (String(key[..<dot]), String(key[key.index(after: dot)...]))
            let kinds = ComponentKind.allCases.map(\.rawValue)
            if kinds.contains(kind) { return "\(shown) has no good name after the dot; \(ComponentName.shape)" }
            if let nearest = NearestName.of(key, among: ["run.config", "deploy.config"]) {
                return "unknown section \(shown); did you mean \(nearest)?"
            }
            if let nearest = NearestName.of(kind, among: kinds), ComponentName.isWellFormed(name) {
                return "unknown section \(shown); did you mean \(nearest).\(name)?"
            }
            return "unknown section \(shown); a component is web.NAME, worker.NAME or data.NAME"
        }
        if ComponentKind(rawValue: key) != nil { return "\(key) has no name; write \(key).main" }
        let isForAll = BoxfileKeys.run.understood.contains(key) || BoxfileKeys.run.ignored[key] != nil
        if isForAll, sectionBefore == nil || !BoxfileKeys.web.understood.contains(key) {
            return "\(key) stands at the margin; it belongs into run.config, indented by two spaces"
        }
        if BoxfileKeys.web.understood.contains(key) || key == "image" {
            let home = sectionBefore ?? (key == "image" ? "data.queue" : "worker.main")
            return "\(key) stands at the margin; indent it by two spaces to put it into \(home)"
        }
        let nearest = NearestName.of(key, among: ComponentKind.allCases.map(\.rawValue))
        let advice = nearest.map { "did you mean \($0).main?" } ?? "a component is web.NAME, worker.NAME or data.NAME"
        return "unknown section \(shown); \(advice)"
    }
}
