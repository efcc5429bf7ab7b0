// Reading from the disk, where a file may be missing, a folder, too large, or of another kind.

import Foundation
import Testing

@testable import OffstageComponents

@Suite("Boxfile: reading the file")
struct BoxfileFileTests {
    private func inFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "boxfile-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private func message(_ path: String) -> String {
        do {
            _ = try Boxfile.load(path: path)
            return ""
        } catch {
            return error.description
        }
    }

    @Test("a file is read, and its messages contain the path as given")
    func reads() throws {
        try inFolder { folder in
            let path = folder.appending(path: "boxfile.yml").path
            try Data("worker.main: {start: a}\n".utf8).write(to: URL(filePath: path))
            #expect(try Boxfile.load(path: path).workers.count == 1)
            try Data("worker.main: {start: a, b: c}\n".utf8).write(to: URL(filePath: path))
            #expect(message(path).hasPrefix("\(path):1:25: unknown key"))
            try Data([0xFF, 0xFE, 0x61, 0x00]).write(to: URL(filePath: path))
            #expect(message(path) == "\(path):1:1: this byte is not UTF-8; save the file in that encoding")
        }
    }

    @Test("a path that is not a file is reported as such")
    func noFile() throws {
        try inFolder { folder in
            let path = folder.appending(path: "none.yml").path
            #expect(
                message(path) == "\(path): there is no such file; an app is described by a boxfile.yml in its folder")
            #expect(message(folder.path) == "\(folder.path): this is a folder; give the boxfile.yml in it")
            #expect(message("/dev/zero") == "/dev/zero: this is a device or a pipe, not a file")
        }
    }

    @Test("a file beyond the limit is not read completely")
    func large() throws {
        try inFolder { folder in
            let path = folder.appending(path: "boxfile.yml").path
            try Data().write(to: URL(filePath: path))
            let handle = try FileHandle(forWritingTo: URL(filePath: path))
            try handle.truncate(atOffset: 1 << 40)
            try handle.close()
            #expect(message(path) == "\(path):1:1: the file has more than 1048576 bytes; is it the right file?")
        }
    }
}
