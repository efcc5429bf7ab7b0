// What components write, on its way to the console and to files.
import Foundation
import OffstageCore
import Synchronization
import Testing

@testable import OffstageComponents

@Suite("logs")
struct LogTests {
    @Test("lines come out whole, however they arrive")
    func whole() {
        var cutter = LineCutter()
        #expect(cutter.add(Array("one\ntw".utf8)) == ["one"])
        #expect(cutter.add(Array("o\r\n\nthree".utf8)) == ["two", ""])
        #expect(cutter.finish() == "three")
        #expect(cutter.finish() == nil)
    }

    @Test("a line of 100 MB is split into pieces of 64 KiB")
    func long() {
        var cutter = LineCutter()
        let piece = [UInt8](repeating: 0x61, count: 1 << 20)
        var lines: [String] = []
        for _ in 0..<10 { lines += cutter.add(piece) }
        #expect(lines.count == 160 && lines.allSatisfy { $0.utf8.count == 64 << 10 })
    }

    @Test("terminal control characters and bytes that are not text are shown as bytes")
    func binary() {
        #expect(LineCutter.shown(Array("tab\tä✓".utf8)) == "tab\tä✓")
        #expect(LineCutter.shown([0x1B, 0x5B, 0x32, 0x4A]) == #"\x1B[2J"#)
        #expect(LineCutter.shown([0xFF, 0x00, 0x41, 0xC3]) == #"\xFF\x00A\xC3"#)
        #expect(LineCutter.shown(Array("\u{202E}x".utf8)) == #"\xE2\x80\xAEx"#)
    }

    @Test("a full file is rotated, and at most three are kept")
    func rotation() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "offstage-log-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var file = LogFile("\(folder)/worker.main.log", mostBytes: 150)
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

    @Test("a reader that reads rarely gets everything that is still there, and learns what is missing")
    func seldom() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "offstage-log-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let size = 3 << 20
        var file = LogFile("\(folder)/worker.main.log", mostBytes: size)
        let tail = LogTail(folder: folder, component: "worker.main")
        let line = LogLine(
            time: Timestamp(microseconds: 0), component: "worker.main", instance: "1", source: .output,
            text: String(repeating: "x", count: 1000))
        var written = 0
        func write(files: Int) {
            for _ in 0..<(files * size / line.kept.count) {
                var numbered = line
                numbered.text = "\(written) " + line.text
                file.append(numbered.kept)
                written += 1
            }
        }
        var numbers: [Int] = []
        var said: [String] = []
        func read() {
            repeat {
                for line in tail.more() {
                    let number = line.text.split(separator: " ").first.flatMap { Int($0) }
                    if line.source == .output, let number { numbers.append(number) } else { said.append(line.text) }
                }
            } while tail.isBehind
        }
        for files in [0, 1, 2, 2, 1] {
            write(files: files)
            file.append(LogLine(kept: "1970-01-01T00:00:00.000000Z up - mark", component: "worker.main")?.kept ?? [])
            read()
        }
        #expect(numbers == Array(0..<written))
        #expect(said == Array(repeating: "mark", count: 5))

        // Six files are started: three still exist, and the one that the reader held open is still read.
        let before = written
        write(files: 6)
        (numbers, said) = ([], [])
        read()
        let gaps = zip(numbers, numbers.dropFirst()).filter { $0 + 1 != $1 }
        let missing = (gaps.first?.1 ?? 0) - (gaps.first?.0 ?? 0) - 1
        #expect(gaps.count == 1 && numbers.first == before && numbers.last == written - 1, "\(gaps)")
        let told = said.first.flatMap { $0.split(separator: " ").first }.flatMap { Int($0) } ?? 0
        // Each line is about 1050 bytes. The count includes the first lines of the deleted files.
        #expect(said.count == 1 && told > 1000 * missing && told < 1100 * missing, "\(said) for \(missing) lines")
    }

    @Test("a reader beside a writer gets every line once")
    func beside() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "offstage-log-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let count = 20_000
        let writer = Task.detached {
            var file = LogFile("\(folder)/web.main.log", mostBytes: 400_000)
            for number in 0..<count {
                file.append(
                    LogLine(
                        time: Timestamp(microseconds: 0), component: "web.main", instance: "1", source: .output,
                        text: "\(number)"
                    ).kept)
            }
        }
        let tail = LogTail(folder: folder, component: "web.main")
        var numbers: [Int] = []
        for _ in 0..<100_000 where numbers.last != count - 1 {
            numbers += tail.more().compactMap { Int($0.text) }
            await Task.yield()
        }
        await writer.value
        numbers += tail.more().compactMap { Int($0.text) }
        #expect(numbers == Array(0..<count))
    }

    @Test("a watched file is followed from its end, and from the beginning if it is truncated or created later")
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

    @Test("a failure to write logs is reported once, and lines are still shown")
    func unwritable() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "offstage-full-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: "\(folder)/worker.a.log", withIntermediateDirectories: true)
        let shown = Mutex<[String]>([])
        let pump = try LogPump(folder: folder, time: SystemTime()) { lines in
            shown.withLock { $0 += lines.map(\.text) }
        }
        for number in 0..<3 { pump.say("line \(number)", about: "worker.a") }
        await pump.finish()
        let all = shown.withLock { $0 }
        #expect(all.filter { $0.hasPrefix("line ") }.count == 3)
        #expect(all.filter { $0.contains("logs cannot be written") && $0.contains("s a directory") }.count == 1)
        var full = LogFile("/dev/full")
        #expect(full.append([65]) == ENOSPC)
    }
}
