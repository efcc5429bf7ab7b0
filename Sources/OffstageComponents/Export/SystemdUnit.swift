// A unit file's shape. Values are written so that systemd reads back what was meant: a percent sign doubled, a dollar
// sign in commands too.

/// The text of one service unit.
struct SystemdUnit {
    var description: String
    var app: String
    var after: [String]
    var service: [String]

    var text: String {
        """
        [Unit]
        Description=\(description)
        PartOf=\(app).target
        After=\(after.joined(separator: " "))
        StartLimitIntervalSec=0

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
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "$" where isCommand: result += "$$"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
