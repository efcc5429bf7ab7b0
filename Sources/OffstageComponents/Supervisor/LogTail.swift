// The reader's side of a component's log files: the last lines, and then those that come. The open file is kept, so
// that what was written before it was set aside is read to its end before the new one is begun.
import OffstageCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The end of a component's log.
package final class LogTail {
    private static let mostBytes = 1 << 20

    private let path: String
    /// The component.
    package let component: String
    private var descriptor: Int32 = -1
    private var rest: [UInt8] = []

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
        descriptor = openFile()
        let older = openOlder()
        defer { if older >= 0 { _ = close(older) } }
        var lines = end(of: descriptor)
        if lines.count < count, older >= 0 { lines = end(of: older) + lines }
        return Array(lines.suffix(count))
    }

    /// The lines since the last call.
    package func more() -> [LogLine] {
        var lines = descriptor >= 0 ? readOn() : []
        guard isReplaced else { return lines }
        if descriptor >= 0 { _ = close(descriptor) }
        descriptor = openFile()
        rest = []
        if descriptor >= 0 { lines += readOn() }
        return lines
    }

    private var isReplaced: Bool {
        var (named, held) = (stat(), stat())
        guard stat(path, &named) == 0 else { return false }
        return descriptor < 0 || fstat(descriptor, &held) != 0 || named.st_ino != held.st_ino
    }

    private func end(of file: Int32) -> [LogLine] {
        guard file >= 0 else { return [] }
        let size = lseek(file, 0, SEEK_END)
        let start = max(0, size - off_t(Self.mostBytes))
        lseek(file, start, SEEK_SET)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < Self.mostBytes {
            let count = readFile(file, &buffer)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        let lines = parse(bytes)
        return start > 0 ? Array(lines.dropFirst()) : lines
    }

    private func readOn() -> [LogLine] {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        var bytes: [UInt8] = []
        while bytes.count < Self.mostBytes {
            let count = readFile(descriptor, &buffer)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return parse(bytes)
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

    private func openFile() -> Int32 { open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) }
    private func openOlder() -> Int32 { open("\(path).1", O_RDONLY | O_CLOEXEC | O_NOFOLLOW) }
}

private func readFile(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Int {
    read(descriptor, &buffer, buffer.count)
}
