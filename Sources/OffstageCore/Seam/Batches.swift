// Whatever is long crosses the seam in batches; this cuts it.

extension Array {
    /// The array in pieces of at most Limits.batch elements.
    package var batches: some Sequence<ArraySlice<Element>> {
        stride(from: 0, to: count, by: Limits.batch).lazy.map { self[$0..<Swift.min($0 + Limits.batch, count)] }
    }
}
