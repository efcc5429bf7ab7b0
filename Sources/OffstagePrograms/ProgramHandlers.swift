// Turns `TYPE=COMMAND` registrations into the handlers of a worker, and reports every error that can be found before
// the first job is reserved.
public import OffstageCore
public import OffstageWorker

/// Makes the handlers of a worker whose jobs are performed by programs.
public enum ProgramHandlers {
    /// Makes one handler for each registration, all served by one watcher's thread. Accesses the file system, so it may
    /// block.
    ///
    /// `environment` is what the programs inherit, and `store` is what they get as `OFFSTAGE_STORE`. `grace` is how
    /// long a program that was asked to end may take. `retry` is the policy for registrations that name none. Without
    /// `checks` the commands are assumed to be startable. Throws ProgramCommandError if a type has two handlers or a
    /// command cannot be started, and ProgramWatcherError if the thread cannot be started. Each is one line.
    public static func make(
        _ registrations: [ProgramRegistration], environment: [String: String], store: String?,
        grace: Duration = .seconds(3), retry: RetryPolicy = .standard, checks: Bool = true
    ) throws -> [Handler] {
        var types: Set<String> = []
        for registration in registrations {
            let type = Names.quoted(registration.type)
            guard types.insert(registration.type).inserted else {
                throw ProgramCommandError("type \(type) has two handlers")
            }
            guard checks else { continue }
            do throws(ProgramCommandError) {
                try ProgramCommand(registration.command, environment: environment).check()
            } catch {
                throw ProgramCommandError("the handler of \(type) cannot be started: \(error)")
            }
        }
        guard !registrations.isEmpty else { return [] }
        let watcher = try ProgramWatcher()
        return try registrations.map { registration in
            let command = ProgramCommand(registration.command, environment: environment)
            let program = Program(command, watcher: watcher, grace: grace)
            let policy = try registration.retry.map(RetryText.parse) ?? retry
            return ProgramHandler(type: registration.type, program: program, store: store, retry: policy).handler
        }
    }
}
