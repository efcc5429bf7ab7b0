// The demo's SMTP server: a real one, aiosmtpd, in its own process. It chooses a free port and prints it on its first
// line.

import Foundation

struct MailServer {
    let process: ChildProcess
    let port: Int

    var url: String { "smtp://127.0.0.1:\(port)" }

    /// Starts the server with the first Python that has aiosmtpd. Throws if none has.
    static func start(
        in folder: DemoFolder, onEnd: @escaping @Sendable (Int32, Int32) -> Void
    ) async throws -> MailServer {
        // Debian's own Python has the Debian package, whatever other Python comes first in the PATH.
        for python in ["/usr/bin/python3", "/usr/bin/env"] where FileManager.default.isExecutableFile(atPath: python) {
            let arguments = (python.hasSuffix("env") ? ["python3"] : []) + [DemoFolder.smtpSink, folder.mails]
            let process = try ChildProcess(python, arguments, output: .kept, log: folder.log(of: "smtp"), onEnd: onEnd)
            if let line = await process.firstLine(), let port = Int(line) {
                return MailServer(process: process, port: port)
            }
            process.signal(SIGTERM)
            _ = await process.wait()
        }
        throw DemoError("the SMTP server does not start; \(folder.log(of: "smtp")) says why")
    }
}

extension ChildProcess {
    /// Returns the first line that the child writes; nil if it ends without one.
    fileprivate func firstLine() async -> String? {
        guard let output else { return nil }
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var line: [UInt8] = []
                while let byte = try? output.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") { line.append(byte) }
                continuation.resume(returning: line.isEmpty ? nil : String(decoding: line, as: UTF8.self))
            }
        }
    }
}
