// What the scripts return for a list of settlements: one letter each, then the follow-ups that could not be stored.
// Scripts/settle.lua describes the layout.
import OffstageCore

/// The answers to the settlements of one partition and worker.
struct SettledEnds {
    private struct Refusal {
        let place: Int
        let job: JobID
        let answer: EnqueueAnswer
    }

    private let answers: [TokenAnswer]
    private var refusals: [Refusal] = []

    /// Reads the answers to `count` settlements.
    init(_ reply: RedisReply, count: Int) throws {
        var reader = ByteReader(try reply.raw())
        answers = try reader.slice(count).map { try TokenAnswer(letter: $0) }
        while reader.left > 0 {
            let place = Int(try reader.number(UInt16.self))
            guard place < count else { throw ByteReader.broken }
            let job = try reader.id()
            switch try reader.number(UInt8.self) {
            case UInt8(ascii: "X"): refusals.append(Refusal(place: place, job: job, answer: .taken(job)))
            case UInt8(ascii: "D"):
                refusals.append(Refusal(place: place, job: job, answer: .duplicate(of: try reader.id(), .available)))
            default: throw ByteReader.broken
            }
        }
    }

    /// Copies the answers to the places of their settlements in a call.
    func add(to reply: inout SettleReply, _ places: [Int], _ settlements: [Settlement]) {
        for (place, answer) in zip(places, answers) { reply.answers[place] = answer }
        for one in refusals {
            let parent = settlements[places[one.place]].token.job
            if let refused = RefusedFollowUp(one.job, of: parent, one.answer) { reply.refusedFollowUps.append(refused) }
        }
    }
}

extension TokenAnswer {
    /// Converts the letter of an answer.
    init(letter: UInt8) throws {
        switch letter {
        case UInt8(ascii: "A"): self = .accepted
        case UInt8(ascii: "S"): self = .stale
        case UInt8(ascii: "G"): self = .gone
        default: throw ByteReader.broken
        }
    }
}
