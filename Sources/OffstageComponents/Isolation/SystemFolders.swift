// The parts of the machine that every program needs, as far as they exist: the system's folders, its settings, and a
// few devices. `/dev` as a whole is excluded because it contains this user's terminals. So are `/run`, which contains
// sockets and sometimes secrets, and home folders.
import OffstageSystem

/// The parts of the machine that a confined program may use.
enum SystemFolders {
    /// Paths that every component may read and execute.
    static var readable: [String] {
        let folders = [
            "/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin", "/etc", "/opt", "/proc", "/sys",
            "/nix/store",
            "/gnu/store", "/snap", "/run/current-system",
            // Indexes that libraries map, and the few settings outside /etc.
            "/var/cache/fontconfig", "/var/lib/ca-certificates", "/var/lib/sss/mc", "/var/lib/dbus/machine-id",
        ]
        return folders.filter(exists) + linkedSettings
    }

    /// Devices that every component may read and write.
    static var devices: [String] {
        ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"].filter(exists)
    }

    /// The folders to which the links for host names and the time zone lead. Whole folders, because such files get
    /// replaced.
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

    /// Returns whether a path is a folder or is below it. Both paths must be free of links.
    static func isAt(_ path: String, orBelow folder: String) -> Bool {
        path == folder || folder == "/" || path.hasPrefix(folder + "/")
    }

    /// Returns the path with all links resolved; nil if it does not exist.
    static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Returns the names in a folder; nil if it cannot be read.
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
