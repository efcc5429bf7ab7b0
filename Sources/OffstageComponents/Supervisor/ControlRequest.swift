// The requests of the control socket: one line of JSON per connection, and one line in reply. Each contains the token
// from the file beside the socket, because every process of this user can connect, including confined workers.
import OffstageCore

/// A request to a running `offstage up`.
package enum ControlRequest: Sendable, Hashable {
    /// List the processes.
    case list
    /// Change the number of processes.
    case scale(ComponentName, Int)
    /// Replace the processes.
    case restart(ComponentName)
    /// Return the variables that lead to the data components.
    case environment
    /// Stop everything.
    case down

    /// The most bytes of a request's line.
    static let mostBytes = 4096

    /// Whether it changes the app; such a request may take long and waits for its turn.
    var isChange: Bool {
        switch self {
        case .scale, .restart: true
        case .list, .environment, .down: false
        }
    }

    /// Returns the request as a line, without the line end.
    package func line(token: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("token", token)
        switch self {
        case .list: writer.member("do", "ps")
        case .environment: writer.member("do", "environment")
        case .down: writer.member("do", "down")
        case .restart(let name):
            writer.member("do", "restart")
            writer.member("component", name.description)
        case .scale(let name, let count):
            writer.member("do", "scale")
            writer.member("component", name.description)
            writer.member("scale", count)
        }
        writer.endObject()
        return writer.bytes
    }

    /// Parses a request. Throws a one-line error if it is invalid or does not contain the token.
    package init(line: [UInt8], token: String) throws(ComponentError) {
        guard let json = try? JSON.parse(line, maxDepth: 4) else { throw ComponentError("this is no request") }
        guard let borne = json["token"]?.stringValue, Secret.isSame(borne, token) else {
            throw ComponentError("the request does not bear the token that lies beside the control socket")
        }
        func component() throws(ComponentError) -> ComponentName {
            guard let name = json["component"]?.stringValue.flatMap({ ComponentName($0) }) else {
                throw ComponentError("the request names no component")
            }
            return name
        }
        switch json["do"]?.stringValue {
        case "ps": self = .list
        case "environment": self = .environment
        case "down": self = .down
        case "restart": self = .restart(try component())
        case "scale":
            guard let count = json["scale"]?.integerValue else { throw ComponentError("the request has no scale") }
            self = .scale(try component(), count)
        default: throw ComponentError("this up does not know such a request; is it another version?")
        }
    }
}
