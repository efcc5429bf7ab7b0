// An unguessable text. A process that knows it must have been able to read the file that contains it, and a confined
// worker cannot.
import OffstageCore

/// Creates and compares secrets.
enum Secret {
    /// Returns a new secret: 256 random bits, as letters and digits.
    static func make() -> String {
        var random = SystemRandom()
        return (0..<4).map { _ in String(random.next(), radix: 36) }.joined()
    }

    /// Returns whether a guess is the secret. The time it takes does not reveal how much of the guess is right.
    static func isSame(_ guess: String, _ secret: String) -> Bool {
        let (guess, secret) = (Array(guess.utf8), Array(secret.utf8))
        guard guess.count == secret.count else { return false }
        return zip(guess, secret).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
