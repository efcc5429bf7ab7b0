// A component that keeps data. The file names an image, as for a container platform, but the machine's own program of
// that kind runs. So an image determines the kind; its version is for the reader only.

/// A `data.NAME` component.
public struct DataComponent: Sendable, Hashable {
    /// The kind of service.
    public enum Service: String, Sendable, Hashable, CaseIterable {
        /// A Redis server, or another that speaks its protocol.
        case redis
        /// A PostgreSQL server.
        case postgresql
        /// A folder that components share through `network_dirs`.
        case storage
    }

    /// Its full name; the kind is `data`.
    public let name: ComponentName
    /// The place where the component begins.
    public let place: BoxfilePlace
    /// The image.
    public let image: DataImage

    /// The kind of service, from the image.
    public var service: Service { image.service }

    /// The names of the variables that tell every other component how to reach this one: `DATA_QUEUE_HOST` and `_PORT`,
    /// for PostgreSQL also `_USER` and `_PASS`; none for storage.
    public var variableNames: [String] {
        let prefix = name.environmentPrefix
        switch service {
        case .redis: return ["\(prefix)_HOST", "\(prefix)_PORT"]
        case .postgresql: return ["\(prefix)_HOST", "\(prefix)_PORT", "\(prefix)_USER", "\(prefix)_PASS"]
        case .storage: return []
        }
    }

    /// Returns the same variables with their values once the component runs.
    public func environment(host: String, port: Int, user: String = "", password: String = "") -> [String: String] {
        Dictionary(zip(variableNames, [host, String(port), user, password]), uniquingKeysWith: { first, _ in first })
    }
}
