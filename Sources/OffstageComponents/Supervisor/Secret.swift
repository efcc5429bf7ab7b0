// A text that nobody guesses: who knows it could read the file in which it lies, and a confined worker cannot.
import OffstageCore

/// Secrets as text.
enum Secret {
    /// A fresh one: 256 random bits, as letters and digits.
    static func make() -> String {
        var random = SystemRandom()
        return (0..<4).map { _ in String(random.next(), radix: 36) }.joined()
    }

    /// Whether a guess is the secret; how long the answer takes does not tell how much of it is.
    static func isSame(_ guess: String, _ secret: String) -> Bool {
        let (guess, secret) = (Array(guess.utf8), Array(secret.utf8))
        guard guess.count == secret.count else { return false }
        return zip(guess, secret).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
