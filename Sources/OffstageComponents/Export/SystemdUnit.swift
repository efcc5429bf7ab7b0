// The format of a unit file. Values are escaped so that systemd reads back exactly what was meant: a percent sign is
// doubled, in commands a dollar sign too, and a character that could end a line is written as its number.

/// The text of one service unit.
struct SystemdUnit {
    /// A process that ends is started again, within the limit below.
    static let restarts = ["Restart=always", "RestartSec=3"]

    var description: String
    var app: String
    var after: [String]
    var service: [String]

    /// A component that keeps dying is restarted for at least a minute; then systemd lists it as failed.
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

    /// Quotes a word of a command line or an assignment.
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

    /// Formats a list of paths. They must not contain control characters, which cannot be escaped there.
    static func list(_ paths: [String]) -> String {
        paths.map { quoted($0, isCommand: false) }.joined(separator: " ")
    }

    /// Returns a path for a setting that takes one unquoted path; nil if systemd could not read it back.
    static func whole(_ path: String) -> String? {
        guard let last = path.unicodeScalars.last, last != " ", last != "\\" else { return nil }
        return path.replacing("%", with: "%%")
    }
}
