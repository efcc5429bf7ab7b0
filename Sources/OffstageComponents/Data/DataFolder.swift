// The folder of a data server, locked for as long as a server uses it. The server inherits the lock, so a new
// supervisor cannot start a second server over the data of one that has not quite ended.
import OffstageCore
import OffstageSystem

/// A data component's folder.
struct DataFolder: Sendable {
    /// Its path.
    let path: String
    /// The lock, which the server inherits.
    let lock: FolderLock
    /// The port on which the server listens.
    let port: Int

    /// Creates the folder if it does not exist, and waits up to ten seconds for a previous server to end.
    static func open(_ component: DataComponent, _ folders: AppFolders) async throws -> DataFolder {
        let path = folders.data(component.name)
        try folders.make(path)
        let time = SystemTime()
        for _ in 0..<200 {
            guard let lock = try FolderLock.take("\(path)/lock") else {
                try await time.sleep(for: .milliseconds(50))
                continue
            }
            let noted = "\(path)/port"
            let port = try LocalPort.free(wished: SmallFile.read(noted).flatMap { Int($0.prefix { $0.isNumber }) })
            try SmallFile.write("\(port)\n", to: noted)
            return DataFolder(path: path, lock: lock, port: port)
        }
        throw ComponentError("\(component.name): another server still uses \(Names.quoted(path))")
    }
}
