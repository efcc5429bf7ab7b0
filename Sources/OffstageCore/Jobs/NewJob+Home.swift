// The moment at which a new job's id is made to tell where the job will live. Ids that a caller chose are left alone;
// and what is made again must get the same id again: a keyed child without a unique key lives where the hash in its
// derived id says, a follow-up beside its parent, with whose completion it is stored in one transaction.

extension NewJob {
    /// The job with its id where the store wants it, if the id was made here.
    package func housed(in store: any Store) -> NewJob {
        guard !callerChoseID else { return self }
        return moved(to: store.home(of: id, type: type, uniqueKey: unique?.key))
    }

    /// The child with its id where the store wants it, if the id was made here; the same each time its parent runs.
    package func housed(in store: any Store, childWithKey key: String?) -> NewJob {
        key != nil && unique == nil ? self : housed(in: store)
    }

    /// The follow-up with its id in its parent's partition, unless it has a unique key, which says where it lives.
    package func housed(in store: any Store, beside parent: JobID) -> NewJob {
        guard !callerChoseID, store.traits.partitions > 1, unique == nil else { return housed(in: store) }
        return moved(to: id.moved(to: parent.home))
    }

    private func moved(to id: JobID) -> NewJob {
        var job = self
        job.id = id
        return job
    }
}
