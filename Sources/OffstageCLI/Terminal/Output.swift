// The only place that writes. Results go to stdout and messages to stderr, so stdout holds only what a script wants to
// read. A closed reader (`| head`) ends the command quietly. On a terminal, a status line (a progress bar) may be shown
// at the bottom of stderr; messages push it down instead of running into it.
import OffstageCore
import OffstageSystem
import Synchronization

/// The process's standard output and standard error.
final class Output: Sendable {
    /// Thrown when the reader of the results has closed its end.
    struct ReaderIsGone: Error {}

    private static let bufferLimit = 32 * 1024

    private struct State {
        var results: [UInt8] = []
        var status = ""
    }

    private let state = Mutex(State())
    private let standardOutput: Int32
    private let standardError: Int32
    private let name: String
    /// Whether results are shown on a terminal.
    let isTerminal: Bool
    /// The style of the results.
    let style: Style
    private let showsStatus: Bool

    /// Creates an output over two open descriptors. `name` is the prefix of messages.
    init(standardOutput: Int32 = 1, standardError: Int32 = 2, name: String, environment: [String: String]) {
        self.standardOutput = standardOutput
        self.standardError = standardError
        self.name = name
        let isDumb = environment["TERM"] == nil || environment["TERM"] == "dumb"
        isTerminal = isatty(standardOutput) == 1
        style = Style(isOn: isTerminal && !isDumb && (environment["NO_COLOR"] ?? "").isEmpty)
        showsStatus = isatty(standardError) == 1 && !isDumb
    }

    /// The width of the terminal that shows the results, in columns; nil if results do not go to a terminal.
    var width: Int? {
        guard isTerminal else { return nil }
        return TerminalSize.of(standardOutput)?.columns
    }

    /// Writes a line of results.
    func line(_ text: String) throws {
        try results(Array(text.utf8) + [0x0A])
    }

    /// Writes a JSON document as one line of results.
    func json(_ write: (inout JSONWriter) throws -> Void) throws {
        var writer = JSONWriter(reservingCapacity: 512)
        try write(&writer)
        try document(writer.bytes)
    }

    /// Writes a one-line JSON document as a line of results. On a terminal, escapes everything the terminal would
    /// interpret.
    func document(_ bytes: [UInt8]) throws {
        try results((isTerminal ? Printable.json(bytes) : bytes) + [0x0A])
    }

    /// Writes bytes from a handler as lines of results. On a terminal, removes everything the terminal would interpret.
    func foreign(_ bytes: [UInt8]) throws {
        let shown = isTerminal ? Array(Printable.lines(String(decoding: bytes, as: UTF8.self)).utf8) : bytes
        try results(shown + [0x0A])
    }

    /// Writes a table as results, cut to the terminal's width if there is one.
    func table(_ table: Table) throws {
        for line in table.lines(width: width, style: style) { try self.line(line) }
    }

    /// Writes bytes as results. On a terminal they appear at once, otherwise with `flush` at the latest.
    func results(_ bytes: [UInt8]) throws {
        try state.withLock { state in
            state.results += bytes
            if isTerminal || state.results.count >= Self.bufferLimit { try send(&state) }
        }
    }

    /// Writes all buffered results out.
    func flush() throws {
        try state.withLock { state in try send(&state) }
    }

    /// Writes a message for the user, prefixed with the program's name.
    func message(_ text: String) {
        let line = Printable.line(text)
        state.withLock { state in
            let back = state.status.isEmpty ? "" : "\r\u{1B}[K"
            // A reader that has stopped reading must not keep the program from ending.
            var waiting = pollfd(fd: standardError, events: Int16(POLLOUT), revents: 0)
            guard poll(&waiting, 1, 5000) != 0 else { return }
            _ = Self.write(Array("\(back)\(name): \(line)\n\(state.status)".utf8), to: standardError)
        }
    }

    /// Shows a status line at the bottom of the terminal, in place of the previous one. An empty text removes it.
    func status(_ text: String) {
        guard showsStatus else { return }
        let columns = TerminalSize.of(standardError)?.columns ?? 80
        let cut = String(text.prefix(max(1, columns - 1)))
        state.withLock { state in
            guard state.status != cut else { return }
            state.status = cut
            _ = Self.write(Array("\r\u{1B}[K\(cut)".utf8), to: standardError)
        }
    }

    private func send(_ state: inout State) throws {
        guard !state.results.isEmpty else { return }
        let bytes = state.status.isEmpty ? [] : Array("\r\u{1B}[K".utf8)
        if !bytes.isEmpty, isTerminal { _ = Self.write(bytes, to: standardError) }
        let failure = Self.write(state.results, to: standardOutput)
        state.results.removeAll(keepingCapacity: true)
        if !bytes.isEmpty, isTerminal { _ = Self.write(Array(state.status.utf8), to: standardError) }
        if failure == EPIPE { throw ReaderIsGone() }
        if failure != 0 { throw CommandFailure("cannot write the results: \(LibC.reason(failure))") }
    }

    /// Writes all bytes. Returns 0, or the errno value of the failure.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        bytes.withUnsafeBytes { buffer in
            var rest = UnsafeRawBufferPointer(buffer)
            while !rest.isEmpty {
                let count = LibC.write(descriptor, rest.baseAddress, rest.count)
                if count >= 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
                } else if errno == EAGAIN {
                    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&waiting, 1, -1)
                } else if errno != EINTR {
                    return errno
                }
            }
            return 0
        }
    }
}
