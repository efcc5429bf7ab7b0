// What components write, on its way to the console and to files.
import Foundation
import OffstageCore
import Testing

@testable import OffstageComponents

@Suite("logs")
struct LogTests {
    @Test("lines come out whole, however they came in")
    func whole() {
        var cutter = LineCutter()
        #expect(cutter.add(Array("one\ntw".utf8)) == ["one"])
        #expect(cutter.add(Array("o\r\n\nthree".utf8)) == ["two", ""])
        #expect(cutter.finish() == "three")
        #expect(cutter.finish() == nil)
    }

    @Test("a line of 100 MB comes in pieces of 64 KiB")
    func long() {
        var cutter = LineCutter()
        let piece = [UInt8](repeating: 0x61, count: 1 << 20)
        var lines: [String] = []
        for _ in 0..<10 { lines += cutter.add(piece) }
        #expect(lines.count == 160 && lines.allSatisfy { $0.utf8.count == 64 << 10 })
    }

    @Test("what a terminal would obey and what is no text is shown as bytes")
    func binary() {
        #expect(LineCutter.shown(Array("tab\tä✓".utf8)) == "tab\tä✓")
        #expect(LineCutter.shown([0x1B, 0x5B, 0x32, 0x4A]) == #"\x1B[2J"#)
        #expect(LineCutter.shown([0xFF, 0x00, 0x41, 0xC3]) == #"\xFF\x00A\xC3"#)
        #expect(LineCutter.shown(Array("\u{202E}x".utf8)) == #"\xE2\x80\xAEx"#)
    }

    @Test("a file is set aside when it is full, and there are three at most")
    func rotation() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "offstage-log-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var file = LogFile("\(folder)/worker.main.log", mostBytes: 100)
        let time = Timestamp(microseconds: 0)
        let tail = LogTail(folder: folder, component: "worker.main")
        var seen: [String] = []
        for number in 0..<20 {
            let line = LogLine(
                time: time, component: "worker.main", instance: "1", source: .output, text: "no \(number)")
            file.append(line.kept)
            seen += tail.more().map(\.text)
        }
        file.close()
        #expect(seen == (0..<20).map { "no \($0)" })
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(names == ["worker.main.log", "worker.main.log.1", "worker.main.log.2"])
        let again = LogTail(folder: folder, component: "worker.main")
        #expect(again.last(3).map(\.text) == ["no 17", "no 18", "no 19"])
        #expect(again.last(3).first?.source == .output)
    }

    @Test("a watched file is followed from its end, and from the beginning when it is cut or comes late")
    func watched() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "offstage-watch-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        func write(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: path)) }
        let now = Timestamp(microseconds: 0)
        try write("old\n")
        var file = WatchedFile(path: path, component: "web.main", log: "access")
        #expect(file.lines(now: now).isEmpty)
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("new\n".utf8))
        #expect(file.lines(now: now).map(\.text) == ["new"])
        try handle.truncate(atOffset: 0)
        #expect(file.lines(now: now).isEmpty)
        try handle.write(contentsOf: Data("a\n".utf8))
        #expect(file.lines(now: now).map(\.text) == ["a"])
        try handle.close()
        try FileManager.default.removeItem(atPath: path)
        #expect(file.lines(now: now).isEmpty)
        try write("fresh\n")
        #expect(file.lines(now: now).map(\.text) == ["fresh"])
    }
}
