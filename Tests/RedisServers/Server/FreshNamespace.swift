// Many tests share one server; each of their stores has a unique namespace.
import OffstageCore

/// Addresses of empty stores.
public enum FreshNamespace {
    /// Returns a server's URL with a namespace that was never used.
    public static func url(_ server: String, partitions: Int = 1) -> String {
        var random = SystemRandom()
        let mark = server.contains("?") ? "&" : "?"
        return "\(server)\(mark)namespace=t\(WorkerID(bits: random.next()))&partitions=\(partitions)"
    }
}
