// Finds a machine's own programs. Debian keeps some where an ordinary user's PATH does not look.
import OffstageCore
import OffstageSystem

/// Programs of this machine.
enum ServerProgram {
    /// The file of a program; looks in PATH, then in the folders given, then where systems keep servers.
    static func find(_ name: String, path: String?, also: [String] = []) -> String? {
        let listed = (path ?? "").split(separator: ":").map(String.init)
        let folders = listed + also + ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 && !SystemFolders.isFolder($0) }
    }

    /// The file of a program that comes with another one, of the same version if it lies beside it.
    static func beside(_ program: String, _ name: String) -> String? {
        let folder = program.lastIndex(of: "/").map { String(program[..<$0]) }
        return find(name, path: folder, also: postgresFolders())
    }

    /// The folders of Debian's PostgreSQL versions, the newest first.
    static func postgresFolders() -> [String] {
        let root = "/usr/lib/postgresql"
        let versions = (SystemFolders.names(in: root) ?? []).compactMap { Int($0) }.sorted(by: >)
        return versions.map { "\(root)/\($0)/bin" }
    }

    /// This process' PATH.
    static var searchPath: String? { getenv("PATH").map { String(cString: $0) } }
}
