// From `TYPE=COMMAND` to what a worker is made of, with everything told that can be told before the first job is
// reserved.
public import OffstageCore
public import OffstageWorker

/// Makes the handlers of a worker whose jobs are performed by programs.
public enum ProgramHandlers {
    /// Makes one handler for each registration, all served by one watcher's thread; touches the file system, so it may
    /// block.
    ///
    /// `environment` is what the programs inherit, `store` what they get as `OFFSTAGE_STORE`, `grace` how long one that
    /// is asked to end may take, and `retry` the policy of those whose registration names none. Without `checks` it is
    /// taken for granted that the commands can be started. Throws
    /// ProgramCommandError or ProgramWatcherError, one line each, if a type is named twice, a command cannot be
    /// started, or there is no thread to be had.
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
