// A mistake in the YAML itself, before anybody asks what its keys mean.

/// What is wrong with a YAML text, and where.
struct YAMLProblem: Error, Hashable {
    var place: BoxfilePlace
    var text: String
}
