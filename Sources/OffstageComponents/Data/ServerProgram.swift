// Finds the machine's own programs. Debian keeps some where an ordinary user's PATH does not lead.
import OffstageCore
import OffstageSystem

/// Programs of this machine.
enum ServerProgram {
    /// Returns a program's path. Searches PATH, then the given folders, then the system's folders for servers.
    static func find(_ name: String, path: String?, also: [String] = []) -> String? {
        let listed = (path ?? "").split(separator: ":").map(String.init)
        let folders = listed + also + ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 && !SystemFolders.isFolder($0) }
    }

    /// Returns the path of a program that comes with another one; it has the same version if it is beside that one.
    static func beside(_ program: String, _ name: String) -> String? {
        let folder = program.lastIndex(of: "/").map { String(program[..<$0]) }
        return find(name, path: folder, also: postgresFolders())
    }

    /// Returns the folders of Debian's PostgreSQL versions, newest first.
    static func postgresFolders() -> [String] {
        let root = "/usr/lib/postgresql"
        let versions = (SystemFolders.names(in: root) ?? []).compactMap { Int($0) }.sorted(by: >)
        return versions.map { "\(root)/\($0)/bin" }
    }

    /// The PATH of this process.
    static var searchPath: String? { getenv("PATH").map { String(cString: $0) } }
}
