// One line of a bulk file: a JSON object. Its members have the names of `enqueue`'s options, or the names that the
// documents use, so the output of `show --json` can be edited and enqueued. Arguments are kept byte for byte.
import OffstageCore
import OffstageEnqueuer

/// Parses lines that describe jobs.
struct BulkLine {
    /// The most bytes of a line. Arguments of the largest size fit with room to spare.
    static let maxBytes = 4 << 20

    /// The command line's options, for lines that do not set their own.
    var defaults: EnqueueOptions
    /// Creates ids and jobs.
    var enqueuer: Enqueuer

    /// Returns the job that a line describes.
    func job(_ line: Line) throws -> NewJob {
        guard !line.isTooLong else { throw InvalidJob("longer than \(Figures.bytes(Self.maxBytes))") }
        var reader = BulkMembers(options: defaults)
        do throws(JSONError) {
            // The line itself is one level of nesting around its arguments.
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
