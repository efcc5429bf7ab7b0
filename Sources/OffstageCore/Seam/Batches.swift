// Long lists cross the seam in batches; this splits them.

extension Array {
    /// The array in slices of at most `Limits.batch` elements.
    package var batches: some Sequence<ArraySlice<Element>> {
        stride(from: 0, to: count, by: Limits.batch).lazy.map { self[$0..<Swift.min($0 + Limits.batch, count)] }
    }
}
