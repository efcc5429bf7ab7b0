// A component's log on disk: appended to, and set aside as `.1` and `.2` when it has grown to 10 MiB, so that a
// component never has more than 30 MiB. A disk that is full loses lines, not the component: the stream still shows
// them.
import OffstageCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// One log file with its older parts.
struct LogFile {
    /// Where a file is set aside.
    static let mostBytes = 10 << 20
    /// How many files there are, the current one among them.
    static let files = 3

    private let path: String
    private let mostBytes: Int
    private var descriptor: Int32 = -1
    private var size = 0

    /// A file by its path; opened with the first line.
    init(_ path: String, mostBytes: Int = Self.mostBytes) {
        self.path = path
        self.mostBytes = mostBytes
    }

    /// Appends a line.
    mutating func append(_ bytes: [UInt8]) {
        if descriptor >= 0, size + bytes.count > mostBytes { setAside() }
        if descriptor < 0 { open() }
        guard descriptor >= 0 else { return }
        let count = write(descriptor, bytes, bytes.count)
        if count > 0 { size += count }
    }

    /// Closes it.
    mutating func close() {
        guard descriptor >= 0 else { return }
        _ = closeDescriptor(descriptor)
        descriptor = -1
    }

    private mutating func open() {
        descriptor = openForAppending(path)
        var facts = stat()
        size = descriptor >= 0 && fstat(descriptor, &facts) == 0 ? Int(facts.st_size) : 0
        if size >= mostBytes {
            setAside()
            descriptor = openForAppending(path)
        }
    }

    private mutating func setAside() {
        close()
        for number in stride(from: Self.files - 1, to: 0, by: -1) {
            rename(number == 1 ? path : "\(path).\(number - 1)", "\(path).\(number)")
        }
        size = 0
    }
}

// Members of these names hide the C functions.
private func openForAppending(_ path: String) -> Int32 {
    open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
}

private func closeDescriptor(_ descriptor: Int32) -> Int32 { close(descriptor) }
