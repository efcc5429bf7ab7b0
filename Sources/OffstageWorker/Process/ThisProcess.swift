// What a worker reports about its process.
import OffstageSystem

/// Facts about the process.
enum ThisProcess {
    /// The process id.
    static var id: Int { Int(getpid()) }

    /// The machine's name, at most 255 bytes.
    static var host: String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let failed = buffer.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return true }
            return gethostname(start.assumingMemoryBound(to: CChar.self), bytes.count - 1) != 0
        }
        return failed ? "unknown" : String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
    }
}
