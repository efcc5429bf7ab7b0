// libyaml's messages are true but seldom help: "mapping values are not allowed in this context" means two keys in one
// line, and a tab is a "character that cannot start any token". This file rewords the common ones in terms of what
// people wrote, at the place where they would look. The rest keep libyaml's words.

import CYAML
import OffstageCore

/// An error message of libyaml.
struct YAMLComplaint {
    private let problem: String
    private let context: String
    private let problemPlace: BoxfilePlace
    private let contextPlace: BoxfilePlace

    init(_ parser: borrowing yaml_parser_t) {
        problem = parser.problem.map { String(cString: $0) } ?? "it cannot be read"
        context = parser.context.map { String(cString: $0) } ?? ""
        problemPlace = BoxfilePlace(parser.problem_mark)
        contextPlace = BoxfilePlace(parser.context_mark)
    }

    func problem(in text: YAMLBytes) -> YAMLProblem {
        if let tab = indentingTab(in: text) {
            return YAMLProblem(place: tab, text: "a tab indents this line; YAML takes only spaces there")
        }
        if let (place, text) = inOtherWords(text) { return YAMLProblem(place: place, text: text) }
        return YAMLProblem(place: problemPlace, text: "not YAML: \(context.isEmpty ? "" : context + ", ")\(problem)")
    }

    /// Returns the first tab in the indentation of the line with the error, or of the line above it.
    private func indentingTab(in text: YAMLBytes) -> BoxfilePlace? {
        for number in [problemPlace.line, problemPlace.line - 1, contextPlace.line] where number > 0 {
            let margin = text.line(number).prefix { $0 == " " || $0 == "\t" }
            if let column = margin.firstIndex(of: "\t") { return BoxfilePlace(line: number, column: column + 1) }
        }
        return nil
    }

    private func secondColon(_ text: YAMLBytes) -> String {
        let line = text.line(problemPlace.line).prefix(max(0, problemPlace.column - 1))
        guard let colon = line.firstIndex(of: ":") else {
            return "this colon cannot stand here; quote the text, or indent the line like its neighbours"
        }
        var key = ""
        key.unicodeScalars.append(contentsOf: line[...colon].drop { $0 == " " })
        return "a second colon in this line: put what follows \(Names.quoted(key)) on a line of its own, indented, "
            + "or quote the text"
    }

    private func inOtherWords(_ text: YAMLBytes) -> (BoxfilePlace, String)? {
        switch problem {
        case "mapping values are not allowed in this context":
            return (problemPlace, secondColon(text))
        case "could not find expected ':'":
            return (contextPlace, "this is neither a key with a colon after it nor the rest of what stands before it")
        case "did not find expected key", "did not find expected <block end>":
            return (problemPlace, "this is indented differently from the lines it stands among")
        case "did not find expected '-' indicator":
            return (
                problemPlace, "this is no item of the list it stands in: begin it with “- ”, or indent it differently"
            )
        case "did not find expected ',' or ']'":
            return (contextPlace, "the list that [ opens here is not closed with ]")
        case "did not find expected ',' or '}'": return (contextPlace, "the map that { opens here is not closed with }")
        case "found unexpected end of stream" where context == "while scanning a quoted scalar":
            return (contextPlace, "the quote that opens here is not closed")
        case "found unknown escape character":
            return (problemPlace, "between double quotes \\ begins an escape: write \\\\, or use single quotes")
        case "found character that cannot start any token":
            let line = text.line(problemPlace.line)
            let column = problemPlace.column - 1
            guard line.indices.contains(column) else { return nil }
            if line[column] == "\t" { return (problemPlace, "a tab stands here; YAML takes only spaces there") }
            return (problemPlace, "no text may begin with \(line[column]) unless it is quoted")
        case "block sequence entries are not allowed in this context":
            return (problemPlace, "a list may not begin in this line: put “- ” on a line of its own")
        default: return nil
        }
    }
}
