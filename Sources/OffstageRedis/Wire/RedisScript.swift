// A Lua script is called by its SHA-1, forty bytes instead of its text. The digest is computed once, when the program
// starts to use the script. The server computes the same digest from the same text, so no request for it is needed.
import COpenSSL

/// A Lua script that the server evaluates.
struct RedisScript: Sendable {
    /// Its name in errors and logs.
    let name: String
    /// The Lua text.
    let source: String
    /// The SHA-1 of the text, in 40 hexadecimal digits.
    let sha: String

    /// Creates a script, and computes its digest.
    init(name: String, source: String) {
        self.name = name
        self.source = source
        sha = Self.sha1(source)
    }

    private static func sha1(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var digest = [UInt8](repeating: 0, count: 20)
        var size: UInt32 = 0
        let code = EVP_Digest(bytes, bytes.count, &digest, &size, EVP_sha1(), nil)
        precondition(code == 1 && size == 20, "OpenSSL computes no SHA-1")
        let hex = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [hex[Int($0 >> 4)], hex[Int($0 & 15)]] }, as: UTF8.self)
    }
}
