// Reads the kernel's files (/proc, /sys). They report no size, and reading them never waits for a disk.

import OffstageSystem

/// A file through which the kernel reports something.
package enum KernelFile {
    /// Returns its text, at most the first `limit` bytes; nil if it cannot be read.
    package static func text(_ path: String, upTo limit: Int = 64 << 10) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: min(limit, 64 << 10))
        while all.count < limit {
            let count = read(descriptor, &piece, min(piece.count, limit - all.count))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            all += piece[..<count]
        }
        return String(decoding: all, as: UTF8.self)
    }
}
