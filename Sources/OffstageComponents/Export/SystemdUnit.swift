// A unit file's shape. Values are written so that systemd reads back what was meant, and nothing more: a percent sign
// doubled, a dollar sign in commands too, and whatever could end a line as its number.

/// The text of one service unit.
struct SystemdUnit {
    /// What ends is started again, but not for ever: see the limit below.
    static let restarts = ["Restart=always", "RestartSec=3"]

    var description: String
    var app: String
    var after: [String]
    var service: [String]

    /// A component that dies again and again is tried for a minute at least, then systemd lists it as failed.
    var text: String {
        """
        [Unit]
        Description=\(description)
        PartOf=\(app).target
        After=\(after.joined(separator: " "))
        StartLimitIntervalSec=120
        StartLimitBurst=20

        [Service]
        \(service.joined(separator: "\n"))

        [Install]
        WantedBy=\(app).target

        """
    }

    /// A word of a command line or an assignment, in quotes.
    static func quoted(_ text: String, isCommand: Bool) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "%": result += "%%"
            case "$" where isCommand: result += "$$"
            case _ where scalar.value < 32 || scalar.value == 127:
                let digits = String(scalar.value, radix: 16)
                result += "\\x" + (digits.count == 1 ? "0" : "") + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// A list of paths, which must be without control characters: those have no other spelling there.
    static func list(_ paths: [String]) -> String {
        paths.map { quoted($0, isCommand: false) }.joined(separator: " ")
    }

    /// A path that is all of a value, where quotes would be part of it; nil if systemd would not read it back.
    static func whole(_ path: String) -> String? {
        guard let last = path.unicodeScalars.last, last != " ", last != "\\" else { return nil }
        return path.replacing("%", with: "%%")
    }
}
