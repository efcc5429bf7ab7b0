/// Which jobs are meant; conditions add up, and none means all.
public struct JobFilter: Sendable, Hashable {
    /// Only this state.
    public var state: JobState?
    /// Only this queue.
    public var queue: String?
    /// Only this type.
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

    /// Whether a record fits.
    public func matches(_ record: JobRecord) -> Bool {
        (state == nil || record.state == state) && (queue == nil || record.queue == queue)
            && (type == nil || record.type == type) && (tag.map { record.tags.contains($0) } ?? true)
    }
}

/// One page of a listing.
public struct JobPage: Sendable, Hashable {
    /// Records without arguments, result and checkpoint.
    public var records: [JobRecord] = []
    /// A cursor after each record, in the same order.
    public var cursors: [String] = []
    /// Where the next page begins; nil at the end.
    public var next: String?

    /// An empty page.
    public init() {}
}
