// Reads YAML with libyaml, event by event, and stops at the first limit that is exceeded. libyaml's errors are reworded
// to say what to do (YAMLComplaint). libyaml cannot continue after an error, so the errors found before it are reported
// too.

import CYAML

/// Reads one YAML text.
enum YAMLReader {
    /// The result: the tree if there is one, and every error in the text.
    struct Outcome {
        var root: YAMLNode?
        var problems: [YAMLProblem]
    }

    static func read(_ raw: [UInt8], limits: YAMLLimits = YAMLLimits()) -> Outcome {
        let text: YAMLBytes
        do {
            text = try YAMLBytes(raw, limits: limits)
        } catch {
            return Outcome(root: nil, problems: [error])
        }
        var builder = YAMLTreeBuilder(limits: limits)
        do {
            try parse(text, into: &builder)
        } catch {
            return Outcome(root: nil, problems: builder.problems + [error])
        }
        return Outcome(root: builder.root, problems: builder.problems)
    }

    private static func parse(_ text: YAMLBytes, into builder: inout YAMLTreeBuilder) throws(YAMLProblem) {
        // The parser contains its own address, so it must not move.
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) == 1 else {
            throw YAMLProblem(place: .start, text: "there is no memory to read the file")
        }
        defer { yaml_parser_delete(parser) }
        let size = text.bytes.count
        let input = UnsafeMutablePointer<UInt8>.allocate(capacity: max(size, 1))
        defer { input.deallocate() }
        input.initialize(to: 0)
        input.update(from: text.bytes, count: size)
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, input, size)
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(parser, &event) == 1 else {
                throw YAMLComplaint(parser.pointee).problem(in: text)
            }
            defer { yaml_event_delete(&event) }
            if event.type == YAML_STREAM_END_EVENT { return }
            try builder.take(YAMLEvent(event))
        }
    }
}
