// Formats a benchmark's figures for people.
import OffstageBench

/// Formats the report of a benchmark run.
enum BenchText {
    /// Returns the figures as lines.
    static func lines(_ report: BenchReport) -> [String] {
        var lines = [
            "\(report.store) (\(report.settings))",
            "\(report.cores) cores, \(Figures.jobs(report.jobs)) of \(report.payloadBytes) bytes", "",
        ]
        func add(_ name: String, _ text: String) {
            lines.append(name + String(repeating: " ", count: max(1, 26 - name.count)) + text)
        }
        if let rate = report.enqueueBulk { add("bulk enqueue", self.rate(rate)) }
        if let single = report.enqueueSingle {
            add("single, \(single.tasks) tasks", perSecond(single.jobsPerSecond))
        }
        if let rate = report.drain { add("drain", self.rate(rate)) }
        if let both = report.both { add("both at once", perSecond(both)) }
        for row in report.backlog { add("drain before \(Figures.short(row.waiting))", perSecond(row.jobsPerSecond)) }
        if let pickup = report.pickup {
            add("pick-up", "p50 \(decimal(pickup.p50)) ms, p99 \(decimal(pickup.p99)) ms of \(pickup.samples)")
        }
        if let bare = report.bareWake, let ratio = report.pickupRatio {
            let figures = "p50 \(decimal(bare.p50)) ms, p99 \(decimal(bare.p99)) ms"
            add("bare wake", "\(figures); pick-up takes \(decimal(ratio)) times as long")
        }
        if let idle = report.idle {
            add("idle worker", "\(decimal(idle.cpuPercent)) % of a core, \(decimal(idle.rssMiB)) MiB")
        }
        if let bytes = report.storeBytesPerJob { add("store", "\(Int(bytes)) bytes a job") }
        if let cost = report.storeCPUMicrosecondsPerJob { add("server's CPU", "\(decimal(cost)) µs a job") }
        return lines
    }

    private static func rate(_ rate: BenchReport.Rate) -> String {
        guard let raw = rate.rawJobsPerSecond, let ratio = rate.ratio else { return perSecond(rate.jobsPerSecond) }
        return "\(perSecond(rate.jobsPerSecond)), \(Int((ratio * 100).rounded())) % of the raw \(perSecond(raw))"
    }

    private static func perSecond(_ rate: Double) -> String { "\(Figures.grouped(Int(rate.rounded()))) jobs/s" }
    private static func decimal(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
}
