// A mail as the SMTP server received it. The file's name states the address, and the mail's Message-ID the job that
// sent it. Two files with one Message-ID are one mail sent twice: the worker died after the server took the mail and
// before the worker could report it.

import Foundation

struct ReceivedMail {
    var address: String
    var job: String

    /// Returns all mails in the SMTP server's folder.
    static func all(in folder: String) throws -> [ReceivedMail] {
        try DemoFolder.files(in: folder, endings: [".eml"]).map { path in
            // The name is a running number, a hyphen and the address.
            let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
            let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
            let header = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("Message-ID: <") }
            let job = header?.dropFirst("Message-ID: <".count).prefix { $0 != "@" } ?? ""
            return ReceivedMail(address: String(name.drop { $0 != "-" }.dropFirst()), job: String(job))
        }
    }
}
