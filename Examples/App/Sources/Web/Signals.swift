// SIGTERM and SIGINT as events in ordinary code. This process starts no others, so it may ignore the signals
// themselves.

import Dispatch
import Foundation

enum Signals {
    /// Yields each SIGTERM and SIGINT; from now on these do not end the process by themselves.
    static func toStop() -> AsyncStream<Int32> {
        let (stream, report) = AsyncStream.makeStream(of: Int32.self)
        for number in [SIGTERM, SIGINT] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            // The handler retains its source, which would otherwise be released at once.
            source.setEventHandler {
                _ = source
                report.yield(number)
            }
            source.resume()
        }
        return stream
    }
}
