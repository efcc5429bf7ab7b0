// A mail as the SMTP server received it. The file's name tells the address, and the mail's Message-ID the job that
// sent it: two files with one Message-ID are one mail sent twice, by a worker that died after the server took it and
// before it could say so.

import Foundation

struct ReceivedMail {
    var address: String
    var job: String

    /// All mails in a folder of the SMTP server.
    static func all(in folder: String) throws -> [ReceivedMail] {
        try DemoFolder.files(in: folder, endings: [".eml"]).map { path in
            // A running number, a hyphen and the address.
            let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
            let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
            let header = text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("Message-ID: <") }
            let job = header?.dropFirst("Message-ID: <".count).prefix { $0 != "@" } ?? ""
            return ReceivedMail(address: String(name.drop { $0 != "-" }.dropFirst()), job: String(job))
        }
    }
}
