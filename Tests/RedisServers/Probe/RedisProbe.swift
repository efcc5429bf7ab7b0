// A client of a few lines, with which tests look at a server without any of the code under test. It blocks, on a queue
// of its own and never on the cooperative pool, and connects again by itself after anything went wrong.
import Dispatch
import OffstageCore

/// A blocking client for tests; its commands run one after the other.
public final class RedisProbe: Sendable {
    /// A user and password for AUTH.
    public struct Login: Sendable {
        /// The user's name.
        public var user: String
        /// The password.
        public var password: String

        /// Names a user.
        public init(_ user: String, _ password: String) {
            self.user = user
            self.password = password
        }
    }

    private let address: RedisAddress
    private let login: Login?
    private let queue = DispatchQueue(label: "redis-probe")
    private let connection = ProbeSlot()

    /// Prepares a client; it connects with its first command.
    public init(_ address: RedisAddress, login: Login? = nil) {
        self.address = address
        self.login = login
    }

    /// Sends a command; throws RedisReplyError, or ServerError without an answer within the bound (for each read).
    @discardableResult
    public func command(_ words: String..., within bound: Duration = .seconds(5)) async throws -> RedisReply {
        try await command(words: words.map { Array($0.utf8) }, within: bound)
    }

    /// Sends a command of any bytes; throws as the other does.
    @discardableResult
    public func command(words: [[UInt8]], within bound: Duration = .seconds(5)) async throws -> RedisReply {
        try await withCheckedThrowingContinuation { continuation in
            queue.async {
                continuation.resume(with: Result { try self.ask(words, within: bound) })
            }
        }
    }

    /// Whether the server answers PING with PONG within the bound.
    public func answersPing(within bound: Duration = .seconds(1)) async -> Bool {
        (try? await command("PING", within: bound))?.text == "PONG"
    }

    /// The fields of a section of INFO.
    public func info(_ section: String) async throws -> [String: String] {
        let lines = try await command("INFO", section).text.split(whereSeparator: \.isNewline)
        let pairs = lines.compactMap { line -> (String, String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (String(line[..<colon]), String(line[line.index(after: colon)...]))
        }
        return Dictionary(pairs) { first, _ in first }
    }

    private func ask(_ words: [[UInt8]], within bound: Duration) throws -> RedisReply {
        do {
            if connection.value == nil {
                let new = try ProbeConnection(to: address, within: bound)
                if let login {
                    let words = ["AUTH", login.user, login.password].map { Array($0.utf8) }
                    _ = try new.ask(words, within: bound)
                }
                connection.value = new
            }
            return try connection.value?.ask(words, within: bound) ?? .null
        } catch let error as RedisReplyError {
            throw error
        } catch {
            connection.value = nil
            throw error
        }
    }
}

/// The probe's connection.
// Proof: only RedisProbe's serial queue touches the value.
private final class ProbeSlot: @unchecked Sendable {
    var value: ProbeConnection?
}
