// The documents of queues, workers, minutes and the whole store.
public import OffstageCore

extension Documents {
    /// One queue; `latency_s` is how long its oldest due job has waited.
    public static func queue(_ queue: QueueOverview) -> [UInt8] {
        object { writer in
            writer.member("queue", queue.name)
            writer.member("paused", queue.isPaused)
            writer.member("latency_s", seconds: queue.latency)
            writer.members(byState: queue.byState)
        }
    }

    /// One live worker and what it runs. `held` counts its leases, started or not; `queues` is null for all queues.
    /// `suspect` is the suspect of a crash that it runs, during which it takes no other job.
    public static func worker(_ overview: WorkerOverview) -> [UInt8] {
        let status = overview.worker.status
        return object { writer in
            writer.member("id", status.id.description)
            writer.member("host", status.host)
            writer.member("pid", status.pid)
            writer.member("started_at", status.startedAt)
            writer.member("seen_at", overview.worker.seenAt)
            writer.key("queues")
            if let queues = status.queues { writer.value(.array(queues.map { .string($0) })) } else { writer.null() }
            writer.member("types", status.types)
            writer.member("concurrency", status.concurrency)
            writer.member("quiet", status.isQuiet)
            writer.member("held", overview.worker.held)
            writer.member("suspect", overview.worker.suspect?.description)
            writer.member("running", overview.worker.running.map(\.description))
            writer.key("jobs")
            writer.beginArray()
            for job in overview.jobs {
                writer.beginObject()
                writer.member("id", job.id.description)
                writer.member("type", job.type)
                writer.member("queue", job.queue)
                writer.member("attempt", job.attempt)
                writer.member("attempted_at", job.attemptedAt)
                progress(job.progress, &writer)
                writer.endObject()
            }
            writer.endArray()
        }
    }

    /// The attempts and jobs of one type that ended within one minute.
    public static func minute(_ row: HistoryRow) -> [UInt8] {
        object { writer in
            writer.member("minute", row.minute)
            writer.member("type", row.type)
            activity(TypeActivity(type: row.type, minutes: [row]), &writer)
        }
    }

    /// The whole store: counts of jobs, ends within the last `period_s` by type, workers and return queues.
    public static func stats(_ stats: StatsOverview) -> [UInt8] {
        object(2048) { writer in
            writer.member("at", stats.counts.at)
            writer.key("jobs")
            writer.beginObject()
            writer.members(byState: JobState.allCases.map { stats.counts.total($0) })
            writer.endObject()
            writer.member("queues", stats.queues.count)
            writer.member("paused", stats.counts.paused)
            writer.member("latency_s", seconds: stats.queues.compactMap(\.latency).max())
            writer.member("workers", stats.workers.count)
            writer.member("concurrency", stats.concurrency)
            writer.member("stale_refused", stats.counts.staleRefused)
            returns(stats.counts, &writer)
            writer.member("period_s", seconds: stats.period)
            writer.key("types")
            writer.beginArray()
            for type in stats.activity {
                writer.beginObject()
                writer.member("type", type.type)
                activity(type, &writer)
                writer.endObject()
            }
            writer.endArray()
        }
    }

    private static func activity(_ activity: TypeActivity, _ writer: inout JSONWriter) {
        writer.member("completed", activity.completed)
        writer.member("failed", activity.failed)
        writer.member("discarded", activity.discarded)
        writer.member("cancelled", activity.cancelled)
        writer.member("average_run_ms", milliseconds: activity.averageRun)
        writer.member("longest_run_ms", milliseconds: activity.longestRun)
    }

    private static func returns(_ counts: StoreCounts, _ writer: inout JSONWriter) {
        writer.key("returns")
        writer.beginArray()
        for name in Set(counts.returns.keys).union(counts.returnsDropped.keys).sorted() {
            writer.beginObject()
            writer.member("name", name)
            writer.member("waiting", counts.returns[name] ?? 0)
            writer.member("dropped", counts.returnsDropped[name] ?? 0)
            writer.endObject()
        }
        writer.endArray()
    }
}
