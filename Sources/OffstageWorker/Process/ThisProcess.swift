// What a worker says of the process it lives in.
import OffstageSystem

/// The process's facts.
enum ThisProcess {
    /// Its number.
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
