// Finds the processes that keep a WAL from being checkpointed. A reader locks one byte of the WAL's index for as long
// as its read transaction lasts, and Linux lists all such locks with the process that holds each.
import OffstageCore
import OffstageSystem

enum LogReaders {
    /// The bytes of the index that SQLite's readers lock (its file format calls them WAL_READ_LOCK).
    private static let bytes: ClosedRange<Int> = 123...127

    /// The other processes that read the store now, by number and name; empty on systems that do not list locks.
    static func of(_ path: String) -> [String] {
        guard let index = FileStamp(path: path + "-shm"), let locks = KernelFile.text("/proc/locks", upTo: 16 << 20)
        else { return [] }
        var found: [Int: String] = [:]
        for line in locks.split(separator: "\n") {
            // 7: POSIX  ADVISORY  READ 4242 fe:00:1234567 124 124
            let words = line.split(separator: " ")
            guard words.count >= 8, words[1] == "POSIX", words[3] == "READ", let pid = Int(words[4]), pid > 0,
                pid != Int(getpid()), words[5].split(separator: ":").last == "\(index.inode)",
                let first = Int(words[6]), let last = Int(words[7]), bytes.contains(first), bytes.contains(last)
            else { continue }
            let name = KernelFile.text("/proc/\(pid)/comm")?.split(separator: "\n").first.map { " (\($0))" } ?? ""
            found[pid] = "process \(pid)\(name)"
        }
        return found.sorted { $0.key < $1.key }.map(\.value)
    }
}
