// A data component as a running service: where it keeps its data, where it listens, and what the others are told about
// it. The port of the last time is taken again if it is free, so that what somebody noted down stays true.
import OffstageCore

/// A data component that is a server.
package protocol DataService: Sendable {
    /// The component.
    var component: DataComponent { get }
    /// What every other component is told.
    var environment: [String: String] { get }
    /// One start of the server.
    func plan() throws -> InstancePlan
}

/// Makes services of data components.
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
