// A component that keeps data. The file names an image, as for a platform of containers; what runs is the machine's own
// program of that kind, so an image says which kind, and its version is for the reader only.

/// A `data.NAME` component.
public struct DataComponent: Sendable, Hashable {
    /// What a data component is.
    public enum Service: String, Sendable, Hashable, CaseIterable {
        /// A Redis server, or another that speaks its protocol.
        case redis
        /// A PostgreSQL server.
        case postgresql
        /// A folder that others share through `network_dirs`.
        case storage
    }

    /// Its full name; the kind is `data`.
    public let name: ComponentName
    /// Where the component begins.
    public let place: BoxfilePlace
    /// What it is.
    public let image: DataImage

    /// What it is, in short.
    public var service: Service { image.service }

    /// The variables that tell every other component how to reach this one: `DATA_QUEUE_HOST` and `_PORT`, for
    /// PostgreSQL also `_USER` and `_PASS`; none for storage.
    public var variableNames: [String] {
        let prefix = name.environmentPrefix
        switch service {
        case .redis: return ["\(prefix)_HOST", "\(prefix)_PORT"]
        case .postgresql: return ["\(prefix)_HOST", "\(prefix)_PORT", "\(prefix)_USER", "\(prefix)_PASS"]
        case .storage: return []
        }
    }

    /// The same variables with what they say once the component runs.
    public func environment(host: String, port: Int, user: String = "", password: String = "") -> [String: String] {
        Dictionary(zip(variableNames, [host, String(port), user, password]), uniquingKeysWith: { first, _ in first })
    }
}
