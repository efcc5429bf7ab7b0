// The environment of a component's processes. A component's own variables override those of run.config. Offstage's own
// override both: how to reach each data component, and a web process's port.

extension Boxfile {
    /// Returns the variables of a component's processes, with references replaced. Throws if a reference cannot be
    /// resolved or a value grows too large.
    ///
    /// - Parameters:
    ///   - component: A web or worker component of this file; nil returns the variables of run.config alone.
    ///   - given: The variables that offstage itself sets, such as `DATA_QUEUE_HOST` and `PORT`. The result contains
    ///     them; they override all others.
    ///   - surroundings: Where references to other names are looked up. They are not in the result.
    ///   - isDevelopment: Whether to add the variables of `dev` in `run.config`, which override all others of the file.
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
