// The process's arguments, unchanged. Swift's own `CommandLine.arguments` repairs invalid UTF-8, which can turn two
// different keys into one. Such an argument is refused instead, as in a file and on standard input.

/// The arguments of the process.
enum ProcessArguments {
    /// Returns all arguments, the program's name first. Throws a one-line error for the first that is not UTF-8.
    static func read() throws(UsageError) -> [String] {
        var words: [String] = []
        for index in 0..<Int(CommandLine.argc) {
            guard let start = CommandLine.unsafeArgv[index] else { break }
            words.append(try word(UnsafeRawBufferPointer(start: start, count: length(start)), at: index))
        }
        return words
    }

    /// Decodes one argument. `index` is its position; 0 is the program's name, which is only displayed and never
    /// refused.
    static func word(_ bytes: UnsafeRawBufferPointer, at index: Int) throws(UsageError) -> String {
        if let word = String(validating: bytes, as: UTF8.self) { return word }
        let mended = String(decoding: bytes, as: UTF8.self)
        guard index > 0 else { return mended }
        // Do not show what follows the option's name: it may be an address with a password.
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
