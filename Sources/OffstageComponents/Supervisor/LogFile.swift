// A component's log on disk. At 10 MiB it is rotated to `.1` and `.2`, so a component never has more than 30 MiB. A
// full disk loses lines but does not stop the component; the stream still shows them. A file that follows another
// begins with a line stating how many bytes came before it, from which a late reader knows how much it missed.
import OffstageCore
import OffstageSystem

/// One log file with its older files.
struct LogFile {
    /// The size at which a file is rotated.
    static let mostBytes = 10 << 20
    /// The number of files, including the current one.
    static let files = 3

    private let path: String
    private let mostBytes: Int
    private var descriptor: Int32 = -1
    private var size = 0
    private var before = 0

    /// Creates a log file for a path; the first line opens it.
    init(_ path: String, mostBytes: Int = Self.mostBytes) {
        self.path = path
        self.mostBytes = mostBytes
    }

    /// Appends a line. Returns 0, or the errno value if it could not be written completely.
    @discardableResult
    mutating func append(_ bytes: [UInt8]) -> Int32 {
        if descriptor >= 0, size + bytes.count > mostBytes { setAside() }
        if descriptor < 0 { open() }
        guard descriptor >= 0 else { return errno }
        let count = write(descriptor, bytes, bytes.count)
        if count > 0 { size += count }
        if count < 0 { return errno }
        return count == bytes.count ? 0 : ENOSPC
    }

    /// Closes it.
    mutating func close() {
        guard descriptor >= 0 else { return }
        _ = closeDescriptor(descriptor)
        descriptor = -1
    }

    private mutating func open() {
        begin()
        if size >= mostBytes {
            setAside()
            begin()
        }
    }

    private mutating func begin() {
        descriptor = openForAppending(path)
        guard descriptor >= 0 else { return }
        var facts = stat()
        size = fstat(descriptor, &facts) == 0 ? Int(facts.st_size) : 0
        if size > 0 {
            before = Self.before(descriptor)
        } else if before > 0 {
            let header = Array("\(Self.header)\(before)\n".utf8)
            size = max(0, write(descriptor, header, header.count))
        }
    }

    private static let header = "# bytes before: "

    /// Returns how many bytes of the log came before this file; 0 if unknown.
    static func before(_ descriptor: Int32) -> Int {
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = max(0, pread(descriptor, &buffer, buffer.count, 0))
        let text = String(decoding: buffer[..<count].prefix { $0 != 0x0A }, as: UTF8.self)
        return text.hasPrefix(header) ? Int(text.dropFirst(header.count)) ?? 0 : 0
    }

    private mutating func setAside() {
        close()
        for number in stride(from: Self.files - 1, to: 0, by: -1) {
            rename(number == 1 ? path : "\(path).\(number - 1)", "\(path).\(number)")
        }
        before += size
        size = 0
    }
}

// Members of these names hide the C functions.
private func openForAppending(_ path: String) -> Int32 {
    open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
}

private func closeDescriptor(_ descriptor: Int32) -> Int32 { close(descriptor) }
