// The environment of a component's processes, by name: its own variables before those of run.config, and over all what
// offstage itself gives, which is how to reach each data component, and a web process's port.

extension Boxfile {
    /// The variables of a component's processes, with references replaced.
    ///
    /// - Parameters:
    ///   - component: A web or worker component of this file; nil: the variables of run.config alone.
    ///   - given: What the processes are given besides, such as `DATA_QUEUE_HOST` and `PORT`; it is in the result.
    ///   - surroundings: Where a reference to a name that is in neither finds its value; it is not in the result.
    ///   - isDevelopment: Whether the variables of `dev` in `run.config` come before all others.
    public func environment(
        of component: CodeComponent?, given: [String: String], surroundings: [String: String] = [:],
        isDevelopment: Bool = false
    ) throws(BoxfileError) -> [String: String] {
        let development = isDevelopment ? runConfig.developmentVariables : []
        var expansion = EnvironmentExpansion(layers: [development, component?.variables ?? [], runConfig.variables]) {
            given[$0] ?? surroundings[$0]
        }
        do throws(EnvironmentExpansion.Failure) {
            return try expansion.values().merging(given) { $1 }
        } catch {
            throw BoxfileError(BoxfileMessage(file: file, place: error.place, text: error.text))
        }
    }
}
