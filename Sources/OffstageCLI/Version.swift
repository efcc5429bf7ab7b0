// The version of the command line, in one place.

/// The version of Offstage.
public enum Version {
    /// The version's number.
    public static let current = "0.1.0"
}
