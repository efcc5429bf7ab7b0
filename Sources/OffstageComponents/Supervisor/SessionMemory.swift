// The memory of each component's process and its children. Each has its own session, so the session's number finds all
// of them. Pages that several processes share are counted for each.
import OffstageCore
import OffstageSystem

/// Resident memory by session.
enum SessionMemory {
    /// Returns the bytes of every session that this user can see; empty if there is no /proc.
    static func read() -> [Int32: Int] {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        var sums: [Int32: Int] = [:]
        for name in SystemFolders.names(in: "/proc") ?? [] where name.utf8.first.map({ $0 >= 48 && $0 <= 57 }) == true {
            guard let text = SmallFile.read("/proc/\(name)/stat"), let close = text.lastIndex(of: ")") else { continue }
            // The fields after the name in brackets: state, parent, group, session …; the 22nd is the number of
            // resident pages.
            let fields = text[text.index(after: close)...].split(separator: " ")
            guard fields.count > 21, let session = Int32(fields[3]), let pages = Int(fields[21]) else { continue }
            sums[session, default: 0] += pages * page
        }
        return sums
    }
}
