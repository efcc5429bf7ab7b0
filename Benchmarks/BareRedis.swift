// A plain connection to Redis: hiredis' blocking context. The benchmark reads the server's figures through it, cleans
// up through it, and measures through it what the same commands cost without a queue.
import CHiredis
import OffstageCore

/// A blocking connection; used by one thread.
final class BareRedis {
    private let context: UnsafeMutablePointer<redisContext>
    private let name: String

    /// Connects and logs in. Throws StoreError with a one-line reason.
    init(_ place: BareRedisPlace) throws {
        name = place.shown
        let patience = timeval(tv_sec: 5, tv_usec: 0)
        let opened =
            switch place.address {
            case .host(let host, let port): redisConnectWithTimeout(host, port, patience)
            case .socket(let path): redisConnectUnixWithTimeout(path, patience)
            }
        guard let opened else { throw StoreError.unusable("\(place.shown): no memory for a connection") }
        context = opened
        guard context.pointee.err == 0 else { throw StoreError.unusable("\(name): \(trouble)") }
        if let password = place.password {
            try ask(["AUTH"] + (place.user.map { [$0] } ?? []) + [password])
        }
        if place.database != 0 { try ask(["SELECT", "\(place.database)"]) }
    }

    deinit { redisFree(context) }

    // MARK: One command

    /// Sends a command and waits for its reply.
    @discardableResult
    func ask(_ words: [String]) throws -> BareReply {
        var command = BareWords()
        for word in words { command.add(word) }
        append(command)
        return try next { BareReply($0) }
    }

    // MARK: Many commands

    /// Appends a command to those not sent yet.
    func append(_ command: BareWords) {
        command.bytes.withUnsafeBytes { bytes in
            var at = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            var words = command.lengths.map { length in
                defer { at = at?.advanced(by: length) }
                return at
            }
            _ = redisAppendCommandArgv(context, Int32(words.count), &words, command.lengths)
        }
    }

    /// Sends the appended commands without waiting for the replies.
    func flush() throws {
        var isDone: Int32 = 0
        while isDone == 0 {
            guard redisBufferWrite(context, &isDone) == REDIS_OK else { throw StoreError.failed("\(name): \(trouble)") }
        }
    }

    /// Waits for the next reply and returns what `read` makes of it. Throws the server's error, if the reply is one.
    func next<Answer>(_ read: (UnsafePointer<redisReply>) -> Answer) throws -> Answer {
        var raw: UnsafeMutableRawPointer?
        guard redisGetReply(context, &raw) == REDIS_OK, let raw else {
            throw StoreError.failed("\(name): \(trouble)")
        }
        defer { freeReplyObject(raw) }
        let reply = UnsafePointer(raw.assumingMemoryBound(to: redisReply.self))
        if reply.pointee.type == REDIS_REPLY_ERROR {
            throw StoreError.failed("\(name): \(BareReply(reply).text)")
        }
        return read(reply)
    }

    private var trouble: String {
        withUnsafeBytes(of: &context.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

/// A reply, copied.
struct BareReply {
    /// The text, or the number in digits; empty for an array and for nil.
    let text: String
    /// The elements of an array.
    let parts: [BareReply]

    init(_ reply: UnsafePointer<redisReply>) {
        let reply = reply.pointee
        switch reply.type {
        case REDIS_REPLY_INTEGER: text = "\(reply.integer)"
        case REDIS_REPLY_ARRAY, REDIS_REPLY_NIL: text = ""
        default: text = String(decoding: UnsafeRawBufferPointer(start: reply.str, count: reply.len), as: UTF8.self)
        }
        guard reply.type == REDIS_REPLY_ARRAY else {
            parts = []
            return
        }
        parts = (0..<reply.elements).compactMap { reply.element[$0].map { BareReply($0) } }
    }
}
