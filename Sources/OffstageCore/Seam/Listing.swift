/// Selects jobs. All conditions must match; a filter without conditions matches every job.
public struct JobFilter: Sendable, Hashable {
    /// Only jobs in this state.
    public var state: JobState?
    /// Only jobs of this queue.
    public var queue: String?
    /// Only jobs of this type.
    public var type: String?
    /// Only jobs that carry this tag.
    public var tag: String?

    /// Creates a filter.
    public init(state: JobState? = nil, queue: String? = nil, type: String? = nil, tag: String? = nil) {
        self.state = state
        self.queue = queue
        self.type = type
        self.tag = tag
    }

    /// Returns whether a record matches.
    public func matches(_ record: JobRecord) -> Bool {
        (state == nil || record.state == state) && (queue == nil || record.queue == queue)
            && (type == nil || record.type == type) && (tag.map { record.tags.contains($0) } ?? true)
    }
}

/// One page of a listing.
public struct JobPage: Sendable, Hashable {
    /// Records without arguments, result and checkpoint.
    public var records: [JobRecord] = []
    /// For each record, in the same order, the cursor that continues after it.
    public var cursors: [String] = []
    /// The cursor of the next page; nil at the end.
    public var next: String?

    /// An empty page.
    public init() {}
}
