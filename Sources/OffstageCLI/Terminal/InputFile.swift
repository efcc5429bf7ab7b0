// Reads a file or standard input in pieces, so that its size does not matter.
import OffstageSystem

/// An open file that is read from its beginning.
struct InputFile: ~Copyable {
    private let descriptor: Int32
    private let name: String

    /// Opens a file; `-` is standard input.
    static func open(_ path: String) throws(CommandFailure) -> InputFile {
        guard path != "-" else { return try InputFile(descriptor: dup(0), name: "standard input") }
        let descriptor = LibC.open(path, O_RDONLY | O_CLOEXEC)
        return try InputFile(descriptor: descriptor, name: path)
    }

    private init(descriptor: Int32, name: String) throws(CommandFailure) {
        guard descriptor >= 0 else { throw Self.failure(name) }
        self.descriptor = descriptor
        self.name = name
    }

    deinit { close(descriptor) }

    /// The size in bytes; nil if it has none, such as a pipe.
    var size: Int? {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }

    /// Reads the next piece; empty at the end of the file.
    func read(_ size: Int) throws(CommandFailure) -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            var result = -1
            repeat {
                result = LibC.read(descriptor, buffer.baseAddress, size)
            } while result < 0 && errno == EINTR
            failed = result < 0
            count = max(0, result)
        }
        if failed { throw Self.failure(name) }
        return bytes
    }

    /// Reads everything. Throws if there are more than `limit` bytes.
    func readAll(upTo limit: Int) throws(CommandFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        var size = 0
        while true {
            let piece = try read(64 * 1024)
            if piece.isEmpty { break }
            size += piece.count
            if size <= limit { bytes += piece }
        }
        guard size <= limit else { throw CommandFailure("\(name) has \(size) bytes, over the limit of \(limit)") }
        return bytes
    }

    private static func failure(_ name: String) -> CommandFailure {
        CommandFailure("cannot read \(name): \(LibC.reason(errno))")
    }
}
