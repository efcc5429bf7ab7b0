// Sets a new job's id so that it tells where the job will be kept. Ids that a caller chose are left alone. An id that
// may be made again must come out the same. So a keyed child without a unique key is kept where the hash in its derived
// id points. A follow-up is kept in the partition of its parent, because it is stored in one transaction with the
// parent's completion.

extension NewJob {
    /// The job with its id where the store wants it, if the id was made here.
    package func housed(in store: any JobSink) -> NewJob {
        guard !callerChoseID else { return self }
        return moved(to: store.home(of: id, type: type, uniqueKey: unique?.key))
    }

    /// The child with its id where the store wants it, if the id was made here; the same each time its parent runs.
    package func housed(in store: any JobSink, childWithKey key: String?) -> NewJob {
        key != nil && unique == nil ? self : housed(in: store)
    }

    /// The follow-up with its id in its parent's partition. Throws InvalidJob on a store of several partitions if its
    /// home is not free to choose, for it could not be stored in one transaction with its parent's completion.
    package func housed(in store: any JobSink, beside parent: JobID) throws -> NewJob {
        guard store.traits.partitions > 1 else { return housed(in: store) }
        guard !callerChoseID, unique == nil else {
            throw InvalidJob(
                "on a store of several partitions a follow-up has neither a unique key nor an id of its own;"
                    + " enqueue it as a keyed child before the handler returns")
        }
        return moved(to: id.moved(to: parent.home))
    }

    private func moved(to id: JobID) -> NewJob {
        guard id != self.id else { return self }
        var job = self
        job.id = id
        return job
    }
}
