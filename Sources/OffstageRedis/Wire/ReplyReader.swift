// hiredis' parser, fed with received bytes. It keeps partial replies until the rest arrives. A reply beyond the size
// limit is an error, so a malfunctioning server cannot fill the memory.
import CHiredis

/// Parses replies from a stream of bytes.
final class ReplyReader {
    /// The stream is not the Redis protocol, or a reply is too large.
    struct Broken: Error, CustomStringConvertible {
        let description: String
        let isTooLarge: Bool
    }

    private let reader: UnsafeMutablePointer<redisReader>
    private let most: Int
    private var sinceReply = 0

    init(mostReplyBytes: Int) {
        guard let reader = redisReaderCreate() else { preconditionFailure("no memory for a reader of replies") }
        // hiredis frees its buffer whenever more than this is unused; its own limit is too small.
        reader.pointee.maxbuf = 1 << 20
        self.reader = reader
        most = mostReplyBytes
    }

    deinit { redisReaderFree(reader) }

    /// Accepts received bytes.
    func feed(_ bytes: UnsafeRawBufferPointer) throws {
        sinceReply += bytes.count
        guard sinceReply <= most else {
            throw Broken(description: "the reply is larger than \(most >> 20) MiB", isTooLarge: true)
        }
        guard redisReaderFeed(reader, bytes.assumingMemoryBound(to: CChar.self).baseAddress, bytes.count) == REDIS_OK
        else { throw broken() }
    }

    /// Returns the next complete reply; nil if it is not complete yet. The caller must free it.
    func next() throws -> UnsafeMutablePointer<redisReply>? {
        var raw: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &raw) == REDIS_OK else { throw broken() }
        guard let raw else { return nil }
        sinceReply = reader.pointee.len - reader.pointee.pos
        return raw.assumingMemoryBound(to: redisReply.self)
    }

    private func broken() -> Broken {
        let text = withUnsafeBytes(of: reader.pointee.errstr) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return Broken(description: "what it sends is no reply: \(text)", isTooLarge: false)
    }
}
