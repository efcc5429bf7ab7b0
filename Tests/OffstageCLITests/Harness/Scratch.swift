// A temporary folder for one test, deleted when the test ends.
import Foundation

/// A temporary folder.
final class Scratch: Sendable {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "offstage-cli-" + UUID().uuidString
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The address of a store in the folder.
    var store: String { "sqlite:" + path + "/jobs.db" }

    /// Writes a file, executable if it begins with `#!`, and returns its path.
    func write(_ name: String, _ text: String) throws -> String {
        let file = path + "/" + name
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        if text.hasPrefix("#!") {
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
        }
        return file
    }

    /// Returns the contents of a file; empty if there is none.
    func read(_ name: String) -> String {
        (try? String(contentsOfFile: path + "/" + name, encoding: .utf8)) ?? ""
    }
}
