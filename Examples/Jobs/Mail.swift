// One mail as text. Subject and body come from a form, so neither may add a header or a line end. Everything beyond
// plain ASCII is encoded, so every receiver can read it. The Message-ID is made from the job's id: a mail that is sent
// again after a crash has the same one, so a receiver can recognise it.

import Foundation

struct Mail {
    var from: String
    var to: String
    var subject: String
    var messageID: String
    var body: String

    /// The mail as it is sent, with the line ends that SMTP requires.
    var bytes: [UInt8] {
        let lines = body.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map { String($0) }
        // SMTP allows lines of up to 998 bytes.
        let isPlain = lines.allSatisfy { Self.isPlain($0) && $0.utf8.count < 998 }
        let text = lines.joined(separator: "\r\n")
        let wrapping: Data.Base64EncodingOptions = [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ]
        let headers = [
            "From: \(from)", "To: \(to)", "Subject: \(Self.encoded(subject))", "Message-ID: <\(messageID)>",
            "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: \(isPlain ? "7bit" : "base64")",
        ]
        let content = isPlain ? text : Data(text.utf8).base64EncodedString(options: wrapping)
        return Array((headers.joined(separator: "\r\n") + "\r\n\r\n" + content + "\r\n").utf8)
    }

    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x20...0x7E).contains($0) || $0 == 0x09 }
    }

    /// Encodes a header's text as RFC 2047 requires: words of up to 75 characters, none of which splits a character.
    private static func encoded(_ text: String) -> String {
        if isPlain(text), text.utf8.count < 900 { return text }
        var words = [""]
        for scalar in text.unicodeScalars {
            let character = String(scalar)
            if words[words.count - 1].utf8.count + character.utf8.count > 45 { words.append("") }
            words[words.count - 1] += character
        }
        return words.map { "=?UTF-8?B?\(Data($0.utf8).base64EncodedString())?=" }.joined(separator: "\r\n ")
    }
}
