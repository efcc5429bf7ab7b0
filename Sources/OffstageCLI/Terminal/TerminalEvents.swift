// Keys and signals as one stream. Signals come through dispatch sources, because a handler could do next to nothing and
// would need a global variable. While the stream is open, the signals' own effects are off; they are restored when it
// ends.
import Dispatch
import OffstageSystem

/// An event from a terminal's user.
enum TerminalEvent: Sendable {
    /// A key was pressed.
    case key(Key)
    /// The window was resized, or the program was continued.
    case redraw
    /// The user asked to suspend the program.
    case suspend
    /// A signal asks the program to end.
    case end(Int32)
}

/// The source of a terminal's events.
final class TerminalEvents {
    /// The signals that end a program.
    static let ending = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

    /// The events, in order. The stream ends with the input.
    let stream: AsyncStream<TerminalEvent>
    private let continuation: AsyncStream<TerminalEvent>.Continuation
    private let keys: any DispatchSourceRead
    private let signals: [(number: Int32, source: any DispatchSourceSignal)]

    /// Starts listening to a terminal's keys and to signals.
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
            // Otherwise the signal's own effect would happen before the source sees it.
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

    /// Stops listening and restores the signals' own effects.
    func end() {
        keys.cancel()
        for (number, source) in signals {
            source.cancel()
            signal(number, SIG_DFL)
        }
        continuation.finish()
    }
}
