// Keys and signals as one stream. Signals are taken through dispatch sources, not handlers: a handler could touch next
// to nothing, and would need a variable that outlives everything. While the stream lives the signals' own effect is
// off; when it ends it is what it was.
import Dispatch
import OffstageSystem

/// What a terminal's user does.
enum TerminalEvent: Sendable {
    /// A key was pressed.
    case key(Key)
    /// The window has another size, or the program was woken.
    case redraw
    /// The user asked to put the program to sleep.
    case suspend
    /// A signal asks the program to end.
    case end(Int32)
}

/// The source of a terminal's events.
final class TerminalEvents {
    /// The signals that end a program.
    static let ending = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

    /// The events, in order; it ends with the input.
    let stream: AsyncStream<TerminalEvent>
    private let continuation: AsyncStream<TerminalEvent>.Continuation
    private let keys: any DispatchSourceRead
    private let signals: [(number: Int32, source: any DispatchSourceSignal)]

    /// Begins to listen to the keys of a terminal and to signals.
    init(input: Int32) {
        let (stream, continuation) = AsyncStream.makeStream(of: TerminalEvent.self)
        self.stream = stream
        self.continuation = continuation
        let queue = DispatchQueue(label: "offstage.terminal")
        let keys = DispatchSource.makeReadSource(fileDescriptor: input, queue: queue)
        keys.setEventHandler {
            var bytes = [UInt8](repeating: 0, count: 256)
            let count = read(input, &bytes, bytes.count)
            guard count > 0 else {
                continuation.finish()
                return keys.cancel()
            }
            for key in Key.read(Array(bytes.prefix(count))) { continuation.yield(.key(key)) }
        }
        keys.activate()
        self.keys = keys
        signals = (Self.ending + [SIGWINCH, SIGCONT, SIGTSTP]).map { number in
            // A signal with its own effect would be gone before the source sees it.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                switch number {
                case SIGWINCH, SIGCONT: continuation.yield(.redraw)
                case SIGTSTP: continuation.yield(.suspend)
                default: continuation.yield(.end(number))
                }
            }
            source.activate()
            return (number, source)
        }
    }

    /// Stops listening; signals have their own effect again.
    func end() {
        keys.cancel()
        for (number, source) in signals {
            source.cancel()
            signal(number, SIG_DFL)
        }
        continuation.finish()
    }
}
