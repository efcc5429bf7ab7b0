// An error in the YAML itself, found before the meaning of its keys is checked.

/// An error in a YAML text, and its place.
struct YAMLProblem: Error, Hashable {
    var place: BoxfilePlace
    var text: String
}
