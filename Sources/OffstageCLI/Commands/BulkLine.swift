// One line of a bulk file: a JSON object whose members are named as the options of `enqueue` are, and also as the
// documents name them, so that what `show --json` printed can be edited and enqueued. Arguments are kept byte for
// byte.
import OffstageCore
import OffstageEnqueuer

/// The reading of lines that describe jobs.
struct BulkLine {
    /// The longest line that is read; arguments of the largest size fit with room to spare.
    static let maxBytes = 4 << 20

    /// What the command line says for lines that say nothing else.
    var defaults: EnqueueOptions
    /// Who makes ids and jobs.
    var enqueuer: Enqueuer

    /// Makes the job that a line describes.
    func job(_ line: Line) throws -> NewJob {
        guard !line.isTooLong else { throw InvalidJob("longer than \(Figures.bytes(Self.maxBytes))") }
        var reader = BulkMembers(options: defaults)
        do throws(JSONError) {
            // The line itself is one level around its arguments.
            for member in try JSON.members(of: line.bytes, maxDepth: Limits.nesting + 1) {
                reader.members.append((member.key, member.value))
                if member.key == "args" {
                    let start = line.bytes.startIndex
                    reader.arguments = Array(
                        line.bytes[start + member.range.lowerBound..<start + member.range.upperBound])
                }
            }
        } catch {
            throw InvalidJob("column \(error.column): \(error.message)")
        }
        for (name, value) in reader.members where value != .null { try reader.take(name, value) }
        guard let type = reader.type else { throw InvalidJob("the member \"type\" is missing") }
        return try enqueuer.prepare(type: type, arguments: reader.arguments, options: try reader.finished())
    }
}
