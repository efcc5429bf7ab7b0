// Reads a member's value as the type it must have. Errors name the member.
import OffstageCore

extension BulkMembers {
    func text(_ name: String, _ value: JSON) throws(InvalidJob) -> String {
        guard let text = value.stringValue else { throw InvalidJob("\"\(name)\" must be a string") }
        return text
    }

    func number(_ name: String, _ value: JSON) throws(InvalidJob) -> Int {
        guard let number = value.integerValue else { throw InvalidJob("\"\(name)\" must be a whole number") }
        return number
    }

    func seconds(_ name: String, _ value: JSON) throws(InvalidJob) -> Double {
        guard let seconds = value.doubleValue, seconds > 0, seconds <= Double(DurationText.maxSeconds) else {
            throw InvalidJob("\"\(name)\" must be a number of seconds, at most ten years")
        }
        return seconds
    }

    func duration(_ name: String, _ value: JSON) throws -> Duration {
        try refine(name) { try DurationText.parse(try text(name, value)) }
    }

    func time(_ name: String, _ value: JSON) throws(InvalidJob) -> Timestamp {
        guard let time = Timestamp(try text(name, value)) else {
            throw InvalidJob("\"\(name)\" must be a time such as 2031-05-04T09:30:00Z")
        }
        return time
    }

    func id(_ name: String, _ value: JSON) throws(InvalidJob) -> JobID {
        guard let id = JobID(try text(name, value)) else { throw InvalidJob("\"\(name)\" must be a UUID") }
        return id
    }

    func texts(_ name: String, _ value: JSON) throws(InvalidJob) -> [String] {
        guard case .array(let elements) = value else { throw InvalidJob("\"\(name)\" must be an array of strings") }
        var texts: [String] = []
        for element in elements { texts.append(try text(name, element)) }
        return texts
    }

    func pairs(_ name: String, _ value: JSON) throws(InvalidJob) -> [String: String] {
        guard case .object(let members) = value else { throw InvalidJob("\"\(name)\" must be an object of strings") }
        var pairs: [String: String] = [:]
        for member in members { pairs[member.name] = try text(name, member.value) }
        return pairs
    }

    func refine<T>(_ name: String, _ read: () throws -> T) throws -> T {
        do {
            return try read()
        } catch let error as ValueError {
            throw InvalidJob("\"\(name)\" \(error.message)")
        }
    }
}
