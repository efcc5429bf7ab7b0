/// What a store is opened for, where that makes a difference.
public enum StoreAccess: Sendable, Hashable {
    /// To use it in any way; it is made if there is none.
    case make
    /// To use it in any way; it must exist.
    case change
    /// To look at it only; it must exist, and need not be writable. Verbs that write throw StoreError.unusable.
    case look
}
