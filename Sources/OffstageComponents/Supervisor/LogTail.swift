// Reads a component's log files: the last lines, and then new ones. The open file is kept, so that a rotated file is
// read to its end before the next one. The next one is the file that was begun after it, whether it is now `.1` or
// still the log, however many rotations happened between two reads. Bytes that were deleted before they were read are
// reported.
import OffstageCore
import OffstageSystem

/// A reader of the end of a component's log.
package final class LogTail {
    private static let mostBytes = 1 << 20

    private let path: String
    /// The component.
    package let component: String
    /// Whether the last call of `more` left lines unread.
    package private(set) var isBehind = false
    private var descriptor: Int32 = -1
    private var rest: [UInt8] = []
    // The position in the log up to which it was read when the current file was opened; nil once a line of that file
    // has been read.
    private var readBefore: Int?

    /// Creates a reader of a component's log in the folder of logs.
    package init(folder: String, component: String) {
        path = "\(folder)/\(component).log"
        self.component = component
    }

    deinit {
        if descriptor >= 0 { _ = close(descriptor) }
    }

    /// Returns the components that have a log in the folder.
    package static func components(folder: String) -> [String] {
        (SystemFolders.names(in: folder) ?? []).filter { $0.hasSuffix(".log") }.map { String($0.dropLast(4)) }
    }

    /// Returns the last lines, at most `count` and at most a MiB of each file; `more` continues from there.
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

    /// Returns the lines since the last call, up to about a MiB.
    package func more() -> [LogLine] {
        var left = Self.mostBytes
        var lines = readOn(&left)
        while left > 0, let next = following() {
            // Lines written after the last read and before the rotation; the writer has closed the file by now.
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

    /// Returns the file that was begun after the open one; nil if that is the newest.
    private func following() -> Int32? {
        let files = openFiles()
        var next = files.last
        // If the open file is not among them, it was deleted, and the oldest comes next.
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

    /// Opens the existing files, newest first. Rotation moves each file to the next name in this order, so a file that
    /// moves meanwhile is found twice, but never missed.
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
