// Many tests share one server; each store of theirs has a namespace that nobody else has.
import OffstageCore

/// Addresses of empty stores.
public enum FreshNamespace {
    /// A server's URL with a namespace that was never used.
    public static func url(_ server: String, partitions: Int = 1) -> String {
        var random = SystemRandom()
        let mark = server.contains("?") ? "&" : "?"
        return "\(server)\(mark)namespace=t\(WorkerID(bits: random.next()))&partitions=\(partitions)"
    }
}
