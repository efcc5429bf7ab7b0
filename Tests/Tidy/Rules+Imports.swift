// The dependency rule: one module imports the C library. The core imports only that module. The enqueuer, the worker
// and the monitor import only these two, and stores are known only to those who put an application together.

import Foundation

extension Rules {
    static let islands = ["OffstageEnqueuer", "OffstageWorker", "OffstageMonitor"]
    static let libraries = ["Glibc", "Musl", "Darwin"]
    static let stores = ["OffstageMemory", "OffstageSQLite", "OffstageRedis", "OffstagePostgres"]

    static func imports(of file: SourceFile) -> [Finding] {
        guard let target = file.target else { return [] }
        return file.code.enumerated().compactMap { index, line in
            guard let imported = line.firstMatch(of: #/^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:\w+\s+)?import\s+(\w+)/#) else {
                return nil
            }
            guard let reason = objection(to: String(imported.1), in: target) else { return nil }
            return Finding(path: file.path, line: index + 1, message: reason)
        }
    }

    private static func objection(to imported: String, in target: String) -> String? {
        if libraries.contains(imported), target != "OffstageSystem" {
            return "\(target) imports \(imported): only OffstageSystem does, for every system at once"
        }
        guard imported.hasPrefix("Offstage") else { return nil }
        if target == "OffstageSystem" {
            return "\(target) imports \(imported): it is the ground that all others stand on"
        }
        guard imported != "OffstageSystem" else { return nil }
        if target == "OffstageCore" {
            return "the core imports \(imported): it stands alone"
        }
        if islands.contains(target), imported != "OffstageCore" {
            return "\(target) imports \(imported): an island imports the core only"
        }
        if stores.contains(target), imported != "OffstageCore" {
            return "the store \(target) imports \(imported): a store imports the core only"
        }
        if target == "Offstage", stores.contains(imported) {
            return "the umbrella imports the store \(imported): only a composition root names a store"
        }
        return nil
    }
}
