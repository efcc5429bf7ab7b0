// Sends one mail by SMTP through libcurl. The call blocks until the server has accepted or refused the mail, so it must
// run on a thread that may block.

import CCurl
import Foundation

struct MailError: Error, CustomStringConvertible {
    var description: String
}

package struct Mailer {
    /// The server, as `smtp://host:port`.
    var server: String
    /// The time limit for the whole dialogue, in seconds.
    var patience = 20

    /// The environment variable with a worker's SMTP server, as a deployment would set it.
    package static let variable = "SMTP_URL"

    /// Returns the mailer of this worker process. Throws MailError if the variable is not set.
    static func ofThisWorker() throws -> Mailer {
        guard let server = ProcessInfo.processInfo.environment[variable], !server.isEmpty else {
            throw MailError(description: "this worker is not told its SMTP server: \(variable) is not set")
        }
        return Mailer(server: server)
    }

    /// Sends a mail. Throws the error of libcurl or of the server if it was not accepted.
    func send(_ mail: Mail) throws {
        guard let handle = curl_easy_init() else { throw MailError(description: "libcurl could not be started") }
        defer { curl_easy_cleanup(handle) }
        let recipients = curl_slist_append(nil, "<\(mail.to)>")
        defer { curl_slist_free_all(recipients) }

        var upload = Upload(bytes: mail.bytes)
        var reason = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
        try withUnsafeMutablePointer(to: &upload) { upload in
            try reason.withUnsafeMutableBufferPointer { reason in
                let settings = [
                    demo_curl_set_error_buffer(handle, reason.baseAddress),
                    demo_curl_set_string(handle, CURLOPT_URL, server),
                    demo_curl_set_string(handle, CURLOPT_MAIL_FROM, "<\(mail.from)>"),
                    demo_curl_set_list(handle, CURLOPT_MAIL_RCPT, recipients),
                    demo_curl_set_long(handle, CURLOPT_UPLOAD, 1),
                    demo_curl_set_long(handle, CURLOPT_NOSIGNAL, 1),
                    demo_curl_set_long(handle, CURLOPT_TIMEOUT, patience),
                    demo_curl_set_reader(handle, readUpload, upload),
                ]
                for code in settings where code != CURLE_OK { throw Self.error(code, reason) }
                let code = curl_easy_perform(handle)
                guard code == CURLE_OK else { throw Self.error(code, reason) }
            }
        }
    }

    private static func error(_ code: CURLcode, _ reason: UnsafeMutableBufferPointer<CChar>) -> MailError {
        let told = reason.baseAddress.map { String(cString: $0) } ?? ""
        return MailError(description: told.isEmpty ? String(cString: curl_easy_strerror(code)) : told)
    }
}

private struct Upload {
    var bytes: [UInt8]
    var sent = 0
}

/// Gives libcurl the next bytes of the mail. A separate function, because C calls it.
private nonisolated func readUpload(
    into buffer: UnsafeMutablePointer<CChar>?, size: Int, count: Int, context: UnsafeMutableRawPointer?
) -> Int {
    guard let buffer, let upload = context?.assumingMemoryBound(to: Upload.self) else { return 0 }
    let length = min(size * count, upload.pointee.bytes.count - upload.pointee.sent)
    guard length > 0 else { return 0 }
    let next = upload.pointee.bytes[upload.pointee.sent..<upload.pointee.sent + length]
    UnsafeMutableRawBufferPointer(start: buffer, count: length).copyBytes(from: next)
    upload.pointee.sent += length
    return length
}
