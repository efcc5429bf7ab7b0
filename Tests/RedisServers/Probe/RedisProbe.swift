// A minimal client with which tests inspect a server without the code under test. It blocks on its own queue, never on
// the cooperative pool, and reconnects by itself after any failure.
import Dispatch
import OffstageCore

/// A blocking client for tests. Its commands run one after the other.
public final class RedisProbe: Sendable {
    /// A user and password for AUTH.
    public struct Login: Sendable {
        /// The user's name.
        public var user: String
        /// The password.
        public var password: String

        /// Creates a login from a user's name and password.
        public init(_ user: String, _ password: String) {
            self.user = user
            self.password = password
        }
    }

    private let address: RedisAddress
    private let login: Login?
    private let queue = DispatchQueue(label: "redis-probe")
    private let connection = ProbeSlot()

    /// Creates a client; it connects with its first command.
    public init(_ address: RedisAddress, login: Login? = nil) {
        self.address = address
        self.login = login
    }

    /// Sends a command and returns its reply. Throws `RedisReplyError`, or `ServerError` if a read exceeds the bound.
    @discardableResult
    public func command(_ words: String..., within bound: Duration = .seconds(5)) async throws -> RedisReply {
        try await command(words: words.map { Array($0.utf8) }, within: bound)
    }

    /// Sends a command of arbitrary bytes and returns its reply. Throws like the other overload.
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

    /// Returns the fields of a section of INFO.
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
