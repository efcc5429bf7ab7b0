// Looks up a job that must exist.
import OffstageCore
import OffstageMonitor

extension Monitor {
    /// Returns a job's record. Throws the failure with status 3 if there is none.
    func existing(_ id: JobID) async throws -> JobRecord {
        guard let record = try await find(id) else { throw CommandFailure.noSuchJob(id) }
        return record
    }
}

extension CommandFailure {
    /// The failure of a command about a job that does not exist.
    static func noSuchJob(_ id: JobID) -> CommandFailure {
        CommandFailure("no such job: \(id)", status: .noSuchJob)
    }
}
