// Small files that only this user can read: settings of servers, ports, units. They are written to a temporary file and
// renamed, so a reader never sees half of one.
import OffstageCore
import OffstageSystem

/// Reads and writes small files.
enum SmallFile {
    /// Writes the text and replaces an existing file.
    static func write(_ text: String, to path: String, mode: mode_t = 0o600) throws(ComponentError) {
        let draft = "\(path).new"
        unlink(draft)
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure(path) }
        let bytes = Array(text.utf8)
        let isWritten = writeDescriptor(descriptor, bytes) == bytes.count
        guard close(descriptor) == 0, isWritten, rename(draft, path) == 0 else { throw failure(path) }
    }

    /// Returns the text of a file of at most 64 KiB; nil if it cannot be read.
    static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { _ = close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
    }

    /// Removes a file; ignores a missing one.
    static func remove(_ path: String) {
        unlink(path)
    }

    private static func failure(_ path: String) -> ComponentError {
        ComponentError("cannot write \(Names.quoted(path)): \(LibC.reason(errno))")
    }
}

// A member named `write` hides the C function.
private func writeDescriptor(_ descriptor: Int32, _ bytes: [UInt8]) -> Int {
    write(descriptor, bytes, bytes.count)
}
