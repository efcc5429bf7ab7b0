// How much memory each component's process has, its children counted: each has a session of its own, so that all of
// them are found by the session's number. Pages that several processes share are counted for each of them.
import OffstageCore
import OffstageSystem

/// Resident memory by session.
enum SessionMemory {
    /// Reads it for all sessions of the machine that this user may see; empty where there is no /proc.
    static func read() -> [Int32: Int] {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        var sums: [Int32: Int] = [:]
        for name in SystemFolders.names(in: "/proc") ?? [] where name.utf8.first.map({ $0 >= 48 && $0 <= 57 }) == true {
            guard let text = SmallFile.read("/proc/\(name)/stat"), let close = text.lastIndex(of: ")") else { continue }
            // After the name in brackets: state, parent, group, session … and the 22nd is the resident pages.
            let fields = text[text.index(after: close)...].split(separator: " ")
            guard fields.count > 21, let session = Int32(fields[3]), let pages = Int(fields[21]) else { continue }
            sums[session, default: 0] += pages * page
        }
        return sums
    }
}
