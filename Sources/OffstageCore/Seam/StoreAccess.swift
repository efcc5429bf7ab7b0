/// What a store is opened for, where that makes a difference.
public enum StoreAccess: Sendable, Hashable {
    /// Any use; the store is created if there is none.
    case make
    /// Any use; the store must exist.
    case change
    /// Reading only; the store must exist and need not be writable. Verbs that write throw StoreError.unusable.
    case look
}
