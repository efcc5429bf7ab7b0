// Reads the tree once, section by section, and collects errors instead of stopping. Every part that can be understood
// is kept, so that the references between parts can still be checked (BoxfileReader+References).

import OffstageCore

/// Checks one file.
struct BoxfileReader {
    let file: String
    private(set) var messages: [BoxfileMessage] = []
    private var told: Set<BoxfileMessage> = []
    var runConfig = RunConfig()
    var components: [CodeComponent] = []
    var data: [DataComponent] = []
    /// All components that the file names, including those with errors.
    var declared: [(name: ComponentName, place: BoxfilePlace)] = []

    /// The web components that declare routes, valid or not.
    var routed: Set<ComponentName> = []

    /// The most components of one file.
    static let mostComponents = 100
    static let nothing = "the file declares no component; add web.NAME, worker.NAME or data.NAME"

    init(file: String) { self.file = file }

    mutating func error(_ text: String, at place: BoxfilePlace) { tell(.error, text, at: place) }
    mutating func warning(_ text: String, at place: BoxfilePlace) { tell(.warning, text, at: place) }
    mutating func note(_ text: String, at place: BoxfilePlace) { tell(.note, text, at: place) }

    private mutating func tell(_ severity: BoxfileMessage.Severity, _ text: String, at place: BoxfilePlace) {
        let message = BoxfileMessage(file: file, place: place, severity: severity, text: text)
        // A merged or aliased part is read at every place that uses it; report each of its errors only once.
        if told.insert(message).inserted { messages.append(message) }
    }

    /// Returns the nearest known word. A file full of errors is not worth the search.
    func nearest(_ word: String, among known: [String]) -> String? {
        messages.count < 200 ? NearestName.of(word, among: Array(known.prefix(100))) : nil
    }

    /// Returns the boxfile, or throws all errors.
    func result() throws(BoxfileError) -> Boxfile {
        let errors = messages.filter { $0.severity == .error }
        if let first = errors.first { throw BoxfileError(first, and: Array(errors.dropFirst())) }
        return Boxfile(
            file: file, runConfig: runConfig, webs: components.filter { $0.name.kind == .web },
            workers: components.filter { $0.name.kind == .worker }, data: data, order: declared.map(\.name),
            warnings: messages.sorted { ($0.place ?? .start) < ($1.place ?? .start) })
    }

    mutating func read(_ root: YAMLNode) {
        guard !root.isNull else { return error(Self.nothing, at: .start) }
        guard case .mapping(let entries) = root.content else {
            return error("a boxfile is a map of components such as worker.main:, not \(root.kindName)", at: root.place)
        }
        var sectionBefore: String?
        for entry in entries {
            readSection(entry, after: sectionBefore)
            if declared.last?.place == entry.place { sectionBefore = entry.key }
        }
        let hasErrors = messages.contains { $0.severity == .error }
        if declared.isEmpty, !hasErrors { error(Self.nothing, at: .start) }
        checkReferences()
    }

    private mutating func readSection(_ entry: YAMLEntry, after sectionBefore: String?) {
        if entry.key == "run.config" { return readRunConfig(entry) }
        if entry.key == "deploy.config" { return readDeployConfig(entry) }
        if let reason = BoxfileKeys.ignoredSections[entry.key] {
            return warning("\(entry.key) has no effect: \(reason)", at: entry.place)
        }
        if let name = ComponentName(entry.key) {
            guard declared.count < Self.mostComponents else {
                return error("more than \(Self.mostComponents) components; is it the right file?", at: entry.place)
            }
            declared.append((name, entry.place))
            return readComponent(name, entry)
        }
        error(Self.advice(onSection: entry.key, after: sectionBefore), at: entry.place)
    }

    private mutating func readComponent(_ name: ComponentName, _ entry: YAMLEntry) {
        let keys = [ComponentKind.web: BoxfileKeys.web, .worker: .worker, .data: .data][name.kind] ?? .data
        let first = name.kind == .data ? "image" : "start"
        guard case .mapping(let entries) = entry.value.content else {
            let problem = entry.value.isNull ? "\(name) is empty" : "\(name) is \(entry.value.kindName)"
            return error("\(problem); below it and indented it needs \(first): and what else it has", at: entry.place)
        }
        let known = understood(entries, of: keys, in: name.description)
        guard known[first] != nil else {
            return error("\(name) has no \(first); \(Self.advice(onMissing: first))", at: entry.place)
        }
        if name.kind == .data {
            readData(name, known, at: entry.place)
        } else {
            readCode(name, known, at: entry.place)
        }
    }

    private static func advice(onMissing key: String) -> String {
        key == "image"
            ? "add image: redis, valkey, postgresql or unfs" : "add start: with the command that it runs"
    }

    /// Sorts the keys of a section: returns those with a meaning and reports the others.
    mutating func understood(
        _ entries: [YAMLEntry], of keys: BoxfileKeys, in section: String
    ) -> [String: YAMLEntry] {
        var known: [String: YAMLEntry] = [:]
        for entry in entries {
            if keys.understood.contains(entry.key) {
                known[entry.key] = entry
            } else if let reason = keys.refused[entry.key] {
                error("\(entry.key) is not for \(section): \(reason)", at: entry.place)
            } else if let reason = keys.ignored[entry.key] {
                warning("\(entry.key) of \(section) has no effect: \(reason)", at: entry.place)
            } else {
                let shown = Names.quoted(entry.key)
                let nearest = nearest(entry.key, among: keys.understood + keys.ignored.keys.sorted())
                let advice = nearest.map { "did you mean \($0)?" } ?? Self.list(keys)
                error("unknown key \(shown) in \(section); \(advice)", at: entry.place)
            }
        }
        return known
    }

    private static func list(_ keys: BoxfileKeys) -> String {
        let names = keys.understood.isEmpty ? keys.ignored.keys.sorted() : keys.understood
        return names.count == 1 ? "it knows only \(names[0])" : "known are \(names.joined(separator: ", "))"
    }
}
