// What an enqueuing process prints once a batch was accepted: the time when it knew, and the answer for each number.
// The tests' accounts are based on these lines: the jobs they name must never be lost.
public import OffstageCore

/// A line "accepted at:MICROSECONDS NUMBER:LETTER …".
public struct AcceptedLine: Sendable {
    /// When the process had the answer, in microseconds of the machine's monotonic clock.
    public let at: Int64
    /// The numbers of jobs that are stored, now or since an earlier call.
    public private(set) var stored: [Int] = []
    /// The numbers of jobs whose unique key another job holds.
    public private(set) var duplicates: [Int] = []
    /// The numbers of jobs with any other answer.
    public private(set) var others: [Int] = []
    private let words: [String]

    /// Creates a line for a batch and its answers.
    public init(_ numbers: [Int], _ answers: [EnqueueAnswer], at: Int64) {
        self.at = at
        words = zip(numbers, answers).map { "\($0):\(Self.letter($1))" }
        sort()
    }

    /// Parses a line; nil if it is another one.
    public init?(_ text: String) {
        let parts = text.split(separator: " ")
        guard parts.count >= 2, parts[0] == "accepted", parts[1].hasPrefix("at:"),
            let at = Int64(parts[1].dropFirst(3))
        else { return nil }
        self.at = at
        words = parts.dropFirst(2).map(String.init)
        sort()
    }

    /// The line as text.
    public var text: String { "accepted at:\(at) " + words.joined(separator: " ") }

    private mutating func sort() {
        for word in words {
            let parts = word.split(separator: ":")
            guard parts.count == 2, let number = Int(parts[0]) else { continue }
            switch parts[1] {
            case "S", "R": stored.append(number)
            case "D": duplicates.append(number)
            default: others.append(number)
            }
        }
    }

    private static func letter(_ answer: EnqueueAnswer) -> String {
        switch answer {
        case .stored: "S"
        case .repeated: "R"
        case .duplicate: "D"
        case .replaced: "P"
        case .refused: "X"
        }
    }
}
