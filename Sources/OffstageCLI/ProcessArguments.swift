// The words that the process was started with, as they were given. Swift's own `CommandLine.arguments` mends what is no
// UTF-8, so that two different keys become one; such a word is refused instead, as it is in a file and on standard
// input.

/// The words of the process's command line.
enum ProcessArguments {
    /// Reads all words, the program's name first. Throws one line about the first that is not UTF-8.
    static func read() throws(UsageError) -> [String] {
        var words: [String] = []
        for index in 0..<Int(CommandLine.argc) {
            guard let start = CommandLine.unsafeArgv[index] else { break }
            words.append(try word(UnsafeRawBufferPointer(start: start, count: length(start)), at: index))
        }
        return words
    }

    /// Reads one word; `index` is its place, 0 for the program's name, which is only shown.
    static func word(_ bytes: UnsafeRawBufferPointer, at index: Int) throws(UsageError) -> String {
        if let word = String(validating: bytes, as: UTF8.self) { return word }
        let mended = String(decoding: bytes, as: UTF8.self)
        guard index > 0 else { return mended }
        // What follows the option's name is not shown: it may be an address with a password.
        let shown = mended.prefix { $0 != "=" }
        let name = mended.hasPrefix("--") && shown.allSatisfy(\.isASCII) ? " (\(shown.prefix(40)))" : ""
        throw UsageError("argument \(index)\(name) is not UTF-8 text")
    }

    private static func length(_ start: UnsafeMutablePointer<CChar>) -> Int {
        var count = 0
        while start[count] != 0 { count += 1 }
        return count
    }
}
