// `--queues a,b` takes queues in strict order, `a:2,b:1` by weight; one weight makes all of them weighted. A queue's
// name may contain a colon, so the last part is a weight only if it is a number.
import OffstageCore

/// A queue and the weight given on the command line.
struct QueuesText: Equatable {
    /// The largest weight.
    static let maxWeight = 1000

    var name: String
    var weight: Int?

    /// Parses a list of queues.
    static func parse(_ text: String) throws(ValueError) -> [QueuesText] {
        var queues: [QueuesText] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            var queue = QueuesText(name: String(part))
            if let colon = part.lastIndex(of: ":"), let weight = Int(part[part.index(after: colon)...]) {
                guard (1...maxWeight).contains(weight) else {
                    throw ValueError("must have weights from 1 to \(maxWeight)")
                }
                queue = QueuesText(name: String(part[..<colon]), weight: weight)
            }
            guard Names.isValid(queue.name) else {
                throw ValueError("must be names with commas between, such as mail,images or mail:2,images:1")
            }
            guard !queues.contains(where: { $0.name == queue.name }) else {
                throw ValueError("must name each queue once")
            }
            queues.append(queue)
        }
        return queues
    }
}
