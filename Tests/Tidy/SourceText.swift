// Swift source without what is not code: a rule about `print(` must not stumble over a comment or a string that says
// "print(". Comments and the contents of string literals become spaces, line by line, so that places stay true.
// Interpolated code goes with its string; that loses little, and keeps this a lexer of five states instead of a
// parser.

struct SourceText {
    private enum State: Equatable {
        case code
        case lineComment
        case blockComment(depth: Int)
        case string(pounds: Int, multiline: Bool)
    }

    private let characters: [Character]
    private var position = 0
    private var state = State.code
    private var output: [Character] = []

    /// The text's lines with comments and string contents blanked.
    static func codeLines(of text: String) -> [String] {
        var scanner = SourceText(text)
        return scanner.scan()
    }

    private init(_ text: String) {
        characters = Array(text)
        output.reserveCapacity(characters.count)
    }

    private mutating func scan() -> [String] {
        while position < characters.count {
            switch state {
            case .code: scanCode()
            case .lineComment: scanLineComment()
            case .blockComment(let depth): scanBlockComment(depth)
            case .string(let pounds, let multiline): scanString(pounds, multiline)
            }
        }
        return output.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    }

    private mutating func scanCode() {
        if sees("//") {
            state = .lineComment
        } else if sees("/*") {
            state = .blockComment(depth: 1)
            blank(2)
        } else if let pounds = poundsBeforeQuote() {
            let multiline = sees("\"\"\"", at: pounds)
            state = .string(pounds: pounds, multiline: multiline)
            keep(pounds + (multiline ? 3 : 1))
        } else {
            keep(1)
        }
    }

    private mutating func scanLineComment() {
        if characters[position] == "\n" {
            state = .code
            keep(1)
        } else {
            blank(1)
        }
    }

    private mutating func scanBlockComment(_ depth: Int) {
        if sees("*/") {
            state = depth == 1 ? .code : .blockComment(depth: depth - 1)
            blank(2)
        } else if sees("/*") {
            state = .blockComment(depth: depth + 1)
            blank(2)
        } else {
            blank(1)
        }
    }

    private mutating func scanString(_ pounds: Int, _ multiline: Bool) {
        let escape = "\\" + String(repeating: "#", count: pounds)
        let end = String(repeating: "\"", count: multiline ? 3 : 1) + String(repeating: "#", count: pounds)
        if sees(escape + "(") {
            blank(escape.count + 1)
            skipInterpolation()
        } else if sees(escape) {
            blank(min(escape.count + 1, characters.count - position))
        } else if sees(end) {
            state = .code
            keep(end.count)
        } else if !multiline, characters[position] == "\n" {
            state = .code
            keep(1)
        } else {
            blank(1)
        }
    }

    /// Skips to the parenthesis that ends an interpolation, over strings of one line inside it.
    private mutating func skipInterpolation() {
        var depth = 1
        var quoted = false
        while position < characters.count, depth > 0 {
            switch characters[position] {
            case "\"": quoted.toggle()
            case "(" where !quoted: depth += 1
            case ")" where !quoted: depth -= 1
            case "\\" where quoted && position + 1 < characters.count: blank(1)
            default: break
            }
            blank(1)
        }
    }

    /// How many number signs stand before the quotation mark that begins here; nil when no string begins here.
    private func poundsBeforeQuote() -> Int? {
        var ahead = position
        while ahead < characters.count, characters[ahead] == "#" { ahead += 1 }
        return ahead < characters.count && characters[ahead] == "\"" ? ahead - position : nil
    }

    private func sees(_ wanted: String, at offset: Int = 0) -> Bool {
        var ahead = position + offset
        for character in wanted {
            guard ahead < characters.count, characters[ahead] == character else { return false }
            ahead += 1
        }
        return true
    }

    private mutating func keep(_ count: Int) {
        output.append(contentsOf: characters[position..<position + count])
        position += count
    }

    private mutating func blank(_ count: Int) {
        for character in characters[position..<position + count] { output.append(character == "\n" ? "\n" : " ") }
        position += count
    }
}
