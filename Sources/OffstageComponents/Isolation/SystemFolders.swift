// What every program needs of the machine it runs on, as far as it is there: the system's own folders, its settings,
// and a handful of devices. `/dev` is not handed out as a whole, for it holds the terminals of this user; nor is
// `/run`, which holds sockets and, in some places, secrets; nor are homes.
import OffstageSystem

/// The parts of the machine that a confined program may use.
enum SystemFolders {
    /// Read and executed by every component.
    static var readable: [String] {
        let folders = [
            "/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin", "/etc", "/opt", "/proc", "/sys",
            "/nix/store",
            "/gnu/store", "/snap", "/run/current-system",
            // Indexes that libraries map, and the few settings that live outside of /etc.
            "/var/cache/fontconfig", "/var/lib/ca-certificates", "/var/lib/sss/mc", "/var/lib/dbus/machine-id",
        ]
        return folders.filter(exists) + linkedSettings
    }

    /// Read and written by every component.
    static var devices: [String] {
        ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"].filter(exists)
    }

    /// Where the names of hosts and the time zone really are; their folders, because such files are replaced.
    private static var linkedSettings: [String] {
        let settings = ["/etc/resolv.conf", "/etc/hosts", "/etc/localtime", "/etc/nsswitch.conf"]
        let folders = settings.compactMap(realPath).compactMap { path -> String? in
            guard path.hasPrefix("/run/") else { return nil }
            let folder = path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
            return folder.split(separator: "/").count > 1 ? String(folder) : path
        }
        return Array(Set(folders)).sorted()
    }

    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    static func isFolder(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether a path is a folder's or lies below it; both without links.
    static func isAt(_ path: String, orBelow folder: String) -> Bool {
        path == folder || folder == "/" || path.hasPrefix(folder + "/")
    }

    /// The path without links; nil if there is no such thing.
    static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The names in a folder; nil if it cannot be read.
    static func names(in folder: String) -> [String]? {
        guard let stream = opendir(folder) else { return nil }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
