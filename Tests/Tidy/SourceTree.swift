// The files of the package, found from this file's own place, so that the tests look at the sources they were built
// from wherever they are started.

import Foundation

enum SourceTree {
    /// The package's root: this file lies two folders below it.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The Swift files under `Sources/`, in order of their paths.
    static func sources() throws -> [SourceFile] {
        try files(under: ["Sources"]) { $0.hasSuffix(".swift") }
    }

    /// The Swift files that we wrote, tests and examples included.
    static func allSwift() throws -> [SourceFile] {
        try files(under: ["Sources", "Tests", "Examples", "Benchmarks"]) { $0.hasSuffix(".swift") }
            + named(["Package.swift"])
    }

    /// Everything that a reader of the package may open, prose and scripts included.
    static func allText() throws -> [SourceFile] {
        let binary = ["png", "jpg", "jpeg", "gif", "ico", "db", "woff2", "pyc"]
        let inFolders = try files(under: ["Sources", "Tests", "Examples", "Benchmarks", "docs", "scripts", ".ci"]) {
            path in
            !binary.contains(String(path.split(separator: ".").last ?? ""))
        }
        return try inFolders
            + named([
                "Package.swift", "Makefile", "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md",
            ])
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
