// The reader's side of a component's log files: the last lines, and then those that come. The open file is kept, so
// that what was written before it was set aside is read to its end before the next one is begun: the one that was begun
// after it, as `.1`, or as the log, however often they were set aside between two looks. What had to make room before
// it was read is told.
import OffstageCore
import OffstageSystem

/// The end of a component's log.
package final class LogTail {
    private static let mostBytes = 1 << 20

    private let path: String
    /// The component.
    package let component: String
    /// Whether the last call of `more` left something that it could have read.
    package private(set) var isBehind = false
    private var descriptor: Int32 = -1
    private var rest: [UInt8] = []
    // How much of the log was read when the file was begun of which no line has come yet.
    private var readBefore: Int?

    /// The log of a component in the folder of logs.
    package init(folder: String, component: String) {
        path = "\(folder)/\(component).log"
        self.component = component
    }

    deinit {
        if descriptor >= 0 { _ = close(descriptor) }
    }

    /// The components that have a log in the folder.
    package static func components(folder: String) -> [String] {
        (SystemFolders.names(in: folder) ?? []).filter { $0.hasSuffix(".log") }.map { String($0.dropLast(4)) }
    }

    /// The last lines, at most so many and no more than a MiB of them; `more` goes on from there.
    package func last(_ count: Int) -> [LogLine] {
        let files = openFiles()
        defer { for file in files.dropFirst() { _ = close(file) } }
        guard let newest = files.first else { return [] }
        if descriptor >= 0 { _ = close(descriptor) }
        descriptor = newest
        (rest, readBefore) = ([], nil)
        var lines = end(of: newest)
        if lines.count < count, files.count > 1 {
            let kept = rest
            rest = []
            lines = end(of: files[1]) + lines
            rest = kept
        }
        return Array(lines.suffix(count))
    }

    /// The lines since the last call, up to about a MiB of them.
    package func more() -> [LogLine] {
        var left = Self.mostBytes
        var lines = readOn(&left)
        while left > 0, let next = following() {
            // What was written between the look at its end and its being set aside; it is closed by now.
            lines += readOn(&left)
            guard left > 0 else {
                _ = close(next)
                break
            }
            go(on: next)
            lines += readOn(&left)
        }
        isBehind = left <= 0
        return lines
    }

    /// The file that was begun after the one that is held; nil while that is the newest.
    private func following() -> Int32? {
        let files = openFiles()
        var next = files.last
        // If it is none of them it had to make room, and the oldest comes next.
        if let place = files.firstIndex(where: { Self.isSame($0, descriptor) }) {
            next = place > 0 ? files[place - 1] : nil
        }
        for file in files where file != next { _ = close(file) }
        return next
    }

    private func go(on next: Int32) {
        if descriptor >= 0 {
            readBefore = LogFile.before(descriptor) + Int(lseek(descriptor, 0, SEEK_CUR))
            _ = close(descriptor)
        }
        descriptor = next
        rest = []
    }

    private func end(of file: Int32) -> [LogLine] {
        let size = lseek(file, 0, SEEK_END)
        let start = max(0, size - off_t(Self.mostBytes))
        lseek(file, start, SEEK_SET)
        var left = Self.mostBytes
        let lines = parse(bytes(of: file, &left))
        return start > 0 ? Array(lines.dropFirst()) : lines
    }

    private func readOn(_ left: inout Int) -> [LogLine] {
        guard descriptor >= 0 else { return [] }
        let lines = parse(bytes(of: descriptor, &left))
        guard let first = lines.first, let readBefore else { return lines }
        self.readBefore = nil
        let missing = LogFile.before(descriptor) - readBefore
        guard missing > 0 else { return lines }
        let said = "\(missing) bytes are missing here: they had to make room before they were read"
        return [
            LogLine(time: first.time, component: component, instance: "-", source: .supervisor, text: said)
        ] + lines
    }

    private func bytes(of file: Int32, _ left: inout Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while left > 0 {
            let count = readFile(file, &buffer)
            guard count > 0 else { break }
            bytes += buffer[..<count]
            left -= count
        }
        return bytes
    }

    private func parse(_ bytes: [UInt8]) -> [LogLine] {
        let all = rest + bytes
        guard let end = all.lastIndex(of: 0x0A) else {
            rest = all
            return []
        }
        rest = Array(all[(end + 1)...])
        return String(decoding: all[..<end], as: UTF8.self).split(separator: "\n").compactMap {
            LogLine(kept: $0, component: component)
        }
    }

    /// The files that are there, the newest first. They are opened in this order, as each moves on to the next name:
    /// one that moves meanwhile is met twice, but not missed.
    private func openFiles() -> [Int32] {
        var files: [Int32] = []
        for number in 0..<LogFile.files {
            let file = openFile(number == 0 ? path : "\(path).\(number)")
            guard file >= 0 else { continue }
            if files.contains(where: { Self.isSame($0, file) }) { _ = close(file) } else { files.append(file) }
        }
        return files
    }

    private static func isSame(_ one: Int32, _ other: Int32) -> Bool {
        var (first, second) = (stat(), stat())
        return fstat(one, &first) == 0 && fstat(other, &second) == 0 && first.st_ino == second.st_ino
            && first.st_dev == second.st_dev
    }
}

// Members of these names hide the C functions.
private func openFile(_ path: String) -> Int32 { open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) }

private func readFile(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Int {
    read(descriptor, &buffer, buffer.count)
}
