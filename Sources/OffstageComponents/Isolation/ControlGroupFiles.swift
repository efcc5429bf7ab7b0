// The small kernel files that control the control groups. Each value is written with a single write.
import OffstageCore
import OffstageSystem

/// Reads and writes the kernel's small files.
enum ControlGroupFiles {
    /// Returns the first 4096 bytes of a file as text; nil if it cannot be read.
    static func text(_ path: String) -> String? { KernelFile.text(path, upTo: 4096) }

    /// Writes a value with a single write.
    static func write(_ value: String, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        let bytes = Array(value.utf8)
        let written = descriptor < 0 ? -1 : unistdWrite(descriptor, bytes)
        let problem = errno
        if descriptor >= 0 { _ = close(descriptor) }
        guard written == bytes.count else {
            throw ConfinementError("cannot set \(Names.quoted(path)): \(LibC.reason(problem))")
        }
    }

    private static func unistdWrite(_ descriptor: Int32, _ bytes: [UInt8]) -> Int {
        LibC.write(descriptor, bytes, bytes.count)
    }
}
