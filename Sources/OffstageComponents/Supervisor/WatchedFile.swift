// A log file that a component writes itself. It is followed like `tail -F`: from its end at first, and from the
// beginning when another file has taken its name or it was truncated.
import OffstageCore
import OffstageSystem

/// A followed log file.
struct WatchedFile: Sendable {
    let path: String
    let component: String
    let log: String
    private var device: UInt64 = 0
    private var file: UInt64 = 0
    private var offset = -1
    private var cutter = LineCutter()

    init(path: String, component: String, log: String) {
        self.path = path
        self.component = component
        self.log = log
    }

    /// Returns the lines added since the last call, up to about a MiB.
    mutating func lines(now: Timestamp) -> [LogLine] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            // A file that does not exist yet is read from its beginning when it appears.
            offset = 0
            return []
        }
        defer { _ = close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return [] }
        let size = Int(facts.st_size)
        let isSame = UInt64(facts.st_dev) == device && UInt64(facts.st_ino) == file
        if offset < 0 {
            offset = size
        } else if (!isSame && file != 0) || size < offset {
            offset = 0
            cutter = LineCutter()
        }
        (device, file) = (UInt64(facts.st_dev), UInt64(facts.st_ino))
        var texts: [String] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        for _ in 0..<16 {
            let count = pread(descriptor, &buffer, buffer.count, off_t(offset))
            guard count > 0 else { break }
            offset += count
            texts += cutter.add(buffer[..<count])
        }
        return texts.map { LogLine(time: now, component: component, instance: log, source: .file, text: $0) }
    }
}
