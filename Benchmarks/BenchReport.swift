// The figures of a run, as the one document that `bench --json` prints.
import OffstageCore

/// The figures of a benchmark run; nil where a part was not run.
public struct BenchReport: Sendable {
    /// A rate and its ceiling.
    public struct Rate: Sendable {
        /// Jobs per second.
        public var jobsPerSecond: Double
        /// The rate of a bare loop over the same backing in the same run.
        public var rawJobsPerSecond: Double?
        /// The rate divided by its ceiling: the median over rounds that measure both.
        public var ratio: Double?
    }

    /// The location of the store.
    public var store = ""
    /// The settings that decide speed and durability.
    public var settings = ""
    /// The number of the machine's cores.
    public var cores = 0
    /// The number of jobs that each part handles.
    public var jobs = 0
    /// The size of each job's arguments in bytes.
    public var payloadBytes = 0
    /// Bulk enqueueing.
    public var enqueueBulk: Rate?
    /// The number of tasks, and jobs per second, of single enqueueing.
    public var enqueueSingle: (tasks: Int, jobsPerSecond: Double)?
    /// Draining.
    public var drain: Rate?
    /// Enqueueing and draining at once, in jobs per second.
    public var both: Double?
    /// Pick-up latency in milliseconds: median, 99th percentile, number of samples.
    public var pickup: (p50: Double, p99: Double, samples: Int)?
    /// What the least message between two processes over the same backing takes, in milliseconds: median, 99th
    /// percentile, number of samples.
    public var bareWake: (p50: Double, p99: Double, samples: Int)?
    /// The idle worker: percent of a core, MiB resident.
    public var idle: (cpuPercent: Double, rssMiB: Double)?
    /// Draining with this many other jobs waiting, in jobs per second.
    public var backlog: [(waiting: Int, jobsPerSecond: Double)] = []
    /// The store's size in bytes per waiting job.
    public var storeBytesPerJob: Double?
    /// CPU time of a store that is a server, in microseconds per job; nil for an embedded one.
    public var storeCPUMicrosecondsPerJob: Double?

    /// The median pick-up by the median bare message.
    public var pickupRatio: Double? {
        guard let pickup, let bareWake, bareWake.p50 > 0 else { return nil }
        return pickup.p50 / bareWake.p50
    }

    /// The document of `bench --json`.
    public func json() -> [UInt8] {
        var w = JSONWriter()
        w.beginObject()
        w.member("store", store)
        w.member("settings", settings)
        w.member("cores", cores)
        w.member("jobs", jobs)
        w.member("payload_bytes", payloadBytes)
        write(enqueueBulk, "enqueue_bulk", &w)
        object("enqueue_single", enqueueSingle != nil, &w) { w in
            w.member("tasks", enqueueSingle?.tasks)
            w.member("jobs_per_s", enqueueSingle.map { Self.whole($0.jobsPerSecond) })
        }
        write(drain, "drain", &w)
        object("both", both != nil, &w) { w in w.member("jobs_per_s", both.map(Self.whole)) }
        object("pickup_ms", pickup != nil, &w) { w in
            w.member("p50", pickup.map { Self.thousandths($0.p50) })
            w.member("p99", pickup.map { Self.thousandths($0.p99) })
            w.member("samples", pickup?.samples)
            w.member("bare_p50", bareWake.map { Self.thousandths($0.p50) })
            w.member("bare_p99", bareWake.map { Self.thousandths($0.p99) })
            w.member("ratio", pickupRatio.map(Self.thousandths))
        }
        object("idle", idle != nil, &w) { w in
            w.member("cpu_percent", idle.map { Self.thousandths($0.cpuPercent) })
            w.member("rss_mib", idle.map { Self.thousandths($0.rssMiB) })
        }
        w.key("backlog")
        w.beginArray()
        for row in backlog {
            w.beginObject()
            w.member("waiting", row.waiting)
            w.member("drain_jobs_per_s", Self.whole(row.jobsPerSecond))
            w.endObject()
        }
        w.endArray()
        w.member("store_bytes_per_job", storeBytesPerJob.map(Self.whole))
        w.member("store_cpu_us_per_job", storeCPUMicrosecondsPerJob.map(Self.thousandths))
        w.endObject()
        return w.bytes
    }

    private func write(_ rate: Rate?, _ name: String, _ w: inout JSONWriter) {
        object(name, rate != nil, &w) { w in
            w.member("jobs_per_s", rate.map { Self.whole($0.jobsPerSecond) })
            w.member("raw_jobs_per_s", rate?.rawJobsPerSecond.map(Self.whole))
            w.member("ratio", rate?.ratio.map(Self.thousandths))
        }
    }

    private func object(_ name: String, _ exists: Bool, _ w: inout JSONWriter, _ body: (inout JSONWriter) -> Void) {
        w.key(name)
        guard exists else { return w.null() }
        w.beginObject()
        body(&w)
        w.endObject()
    }

    private static func whole(_ value: Double) -> Int { value.isFinite ? Int(value.rounded()) : 0 }
    private static func thousandths(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
