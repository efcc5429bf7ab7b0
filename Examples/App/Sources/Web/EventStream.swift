// A response without an end: libmicrohttpd asks for bytes on the connection's thread and is kept waiting until there
// are some. It notices a disconnected client at the next write.

import CMicroHTTPD
import Foundation

final class EventStream {
    private let next: @Sendable () async -> [UInt8]?
    private var rest: ArraySlice<UInt8> = []

    private init(_ next: @escaping @Sendable () async -> [UInt8]?) {
        self.next = next
    }

    /// Returns a response of unknown length.
    static func response(_ next: @escaping @Sendable () async -> [UInt8]?) -> OpaquePointer? {
        let stream = Unmanaged.passRetained(EventStream(next))
        let unknown = UInt64.max
        guard let made = MHD_create_response_from_callback(unknown, 16 << 10, readStream, stream.toOpaque(), freeStream)
        else {
            stream.release()
            return nil
        }
        return made
    }

    fileprivate func read(into buffer: UnsafeMutablePointer<CChar>, _ limit: Int) -> Int {
        if rest.isEmpty {
            guard let piece = waitFor(next) else { return endOfStream }
            rest = piece[...]
        }
        let piece = rest.prefix(limit)
        rest = rest.dropFirst(limit)
        UnsafeMutableRawBufferPointer(start: buffer, count: limit).copyBytes(from: piece)
        return piece.count
    }
}

/// MHD_CONTENT_READER_END_OF_STREAM, a cast that Swift does not import.
private let endOfStream = -1

private nonisolated func readStream(
    _ context: UnsafeMutableRawPointer?, _ position: UInt64, _ buffer: UnsafeMutablePointer<CChar>?, _ limit: Int
) -> Int {
    guard let context, let buffer else { return endOfStream }
    return Unmanaged<EventStream>.fromOpaque(context).takeUnretainedValue().read(into: buffer, limit)
}

private nonisolated func freeStream(_ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    Unmanaged<EventStream>.fromOpaque(context).release()
}
