// The files of the package, found from this file's own place, so that the tests look at the sources they were built
// from wherever they are started.

import Foundation

enum SourceTree {
    /// The package's root: this file lies two folders below it.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    // Read and scanned once for all tests.
    private static let swiftFiles = Result {
        try files(under: ["Sources", "Tests", "Examples", "Benchmarks"]) { $0.hasSuffix(".swift") }
            + named(["Package.swift"])
    }

    /// The Swift files that we wrote, tests and examples included.
    static func allSwift() throws -> [SourceFile] { try swiftFiles.get() }

    /// The Swift files under `Sources/`, in order of their paths.
    static func sources() throws -> [SourceFile] { try allSwift().filter { $0.path.hasPrefix("Sources/") } }

    /// Everything that a reader of the package may open, prose and scripts included.
    static func allText() throws -> [SourceFile] {
        let other = ["swift", "png", "jpg", "jpeg", "gif", "ico", "db", "woff2", "pyc"]
        let folders = ["Sources", "Tests", "Examples", "Benchmarks", "docs", "scripts", ".ci"]
        let prose = try files(under: folders) { !other.contains(String($0.split(separator: ".").last ?? "")) }
        let names = ["Makefile", "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]
        return try allSwift() + prose + named(names)
    }

    private static func named(_ names: [String]) throws -> [SourceFile] {
        try names.filter { FileManager.default.fileExists(atPath: root.appending(path: $0).path) }.map(read)
    }

    private static func files(under folders: [String], where wanted: (String) -> Bool) throws -> [SourceFile] {
        let paths = folders.flatMap { folder in
            (FileManager.default.subpaths(atPath: root.appending(path: folder).path) ?? []).map { "\(folder)/\($0)" }
        }
        return try paths.filter { wanted($0) && isFile($0) }.sorted().map(read)
    }

    private static func isFile(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: root.appending(path: path).path, isDirectory: &isFolder)
            && !isFolder.boolValue
    }

    private static func read(_ path: String) throws -> SourceFile {
        let bytes = try Data(contentsOf: root.appending(path: path))
        return SourceFile(path: path, text: String(decoding: bytes, as: UTF8.self))
    }
}
