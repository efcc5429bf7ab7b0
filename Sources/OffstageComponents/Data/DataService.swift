// A data component as a running service: its data, its port, and the variables for the other components. The previous
// port is used again if it is free, so that a noted address stays valid.
import OffstageCore

/// A data component that is a server.
package protocol DataService: Sendable {
    /// The component.
    var component: DataComponent { get }
    /// The variables for every other component.
    var environment: [String: String] { get }
    /// Returns the plan for one start of the server.
    func plan() throws -> InstancePlan
}

/// Creates the services of data components.
package enum DataServices {
    /// Prepares the servers of a boxfile's data components, and the folders that storage components share.
    package static func prepare(_ boxfile: Boxfile, _ folders: AppFolders) async throws -> [any DataService] {
        var services: [any DataService] = []
        for component in boxfile.data {
            switch component.service {
            case .redis: services.append(try await RedisService.prepare(component, folders))
            case .postgresql: services.append(try await PostgresService.prepare(component, folders))
            case .storage: try folders.make("\(folders.state)/storage/\(component.name)")
            }
        }
        return services
    }
}
