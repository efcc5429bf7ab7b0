// Reads a file or a text and returns a checked boxfile.

import Foundation

extension Boxfile {
    /// Reads and checks the file at a path; messages use the path as given. Blocks while it reads at most 1 MiB. Throws
    /// every error that it finds.
    public static func load(path: String = defaultName) throws(BoxfileError) -> Boxfile {
        func refuse(_ text: String) -> BoxfileError {
            BoxfileError(BoxfileMessage(file: path, place: nil, text: text))
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw refuse("there is no such file; an app is described by a \(defaultName) in its folder")
        }
        guard !isFolder.boolValue else { throw refuse("this is a folder; give the \(defaultName) in it") }
        let url = URL(filePath: path).resolvingSymlinksInPath()
        let bytes: [UInt8]
        do {
            guard try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else {
                throw refuse("this is a device or a pipe, not a file")
            }
            let handle = try FileHandle(forReadingFrom: url)
            defer { try? handle.close() }
            bytes = try handle.read(upToCount: YAMLLimits().bytes + 1).map(Array.init) ?? []
        } catch let error as BoxfileError {
            throw error
        } catch {
            throw refuse("it cannot be read; may this user read it?")
        }
        return try parse(bytes, file: path)
    }

    /// Checks a text; messages use `file` as its name. Throws every error that it finds.
    public static func parse(_ text: String, file: String = defaultName) throws(BoxfileError) -> Boxfile {
        try parse(Array(text.utf8), file: file)
    }

    /// Checks the bytes of a file; messages use `file` as its name. Throws every error that it finds.
    public static func parse(_ bytes: [UInt8], file: String) throws(BoxfileError) -> Boxfile {
        let outcome = YAMLReader.read(bytes)
        var reader = BoxfileReader(file: file)
        for problem in outcome.problems { reader.error(problem.text, at: problem.place) }
        // There is no root if libyaml gave up on the file. If it could go on after mistakes, there is one, and it is
        // checked too.
        if let root = outcome.root {
            reader.read(root)
        } else if outcome.problems.isEmpty {
            reader.error(BoxfileReader.nothing, at: .start)
        }
        return try reader.result()
    }
}
