// Where the demo puts what it makes: one folder under the package's own .build, which the next run replaces. The
// components share it as a web server and a worker would share a network folder or a bucket.

import Foundation

struct DemoFolder {
    let path: String

    init(path: String) {
        self.path = path
    }

    /// The default folder: this file is two folders below the package's root.
    static var usual: DemoFolder {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return DemoFolder(path: root.appending(path: ".build/demo").path)
    }

    /// The SMTP server's program, beside this file.
    static var smtpSink: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "smtp_sink.py").path
    }

    var mails: String { path + "/mails" }
    var thumbnails: String { path + "/thumbnails" }
    var subscribers: String { path + "/subscribers.txt" }
    var database: String { path + "/jobs.db" }
    /// While this file exists, jobs that have its path in their metadata wait at their half-way point.
    var hold: String { path + "/hold" }
    func log(of component: String) -> String { path + "/\(component).log" }

    /// Recreates the folder, with a list of subscribers in it.
    func prepare(subscribers count: Int, holding: Bool) throws {
        remove()
        for folder in [mails, thumbnails] {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        let addresses = (1...count).map { "subscriber-\(String($0 + 1000).dropFirst())@example.org" }
        try Data((addresses.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: subscribers))
        if holding { try Data().write(to: URL(fileURLWithPath: hold)) }
    }

    func release() {
        try? FileManager.default.removeItem(atPath: hold)
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Returns the photographs in a folder.
    static func photographs(in folder: String) throws -> [String] {
        try files(in: folder, endings: [".jpg", ".jpeg", ".png"])
    }

    /// Returns the files in a folder whose names have one of these endings, sorted by name.
    static func files(in folder: String, endings: [String]) throws -> [String] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            throw DemoError("\(folder) is no folder that can be read")
        }
        return names.filter { name in endings.contains { name.lowercased().hasSuffix($0) } }.sorted()
            .map { "\(folder)/\($0)" }
    }

    /// Returns the shortest form of a path to type: relative if it is below the current folder.
    static func shown(_ path: String) -> String {
        let here = FileManager.default.currentDirectoryPath + "/"
        return path.replacingOccurrences(of: here, with: "")
    }
}
