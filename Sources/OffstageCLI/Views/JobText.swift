// Describes a job in words.
import OffstageCore

/// Describes jobs in words.
enum JobText {
    /// Returns the most important fact about a job: its progress, its next start, or its last error.
    static func about(_ record: JobRecord, now: Timestamp) -> String {
        switch record.state {
        case .running:
            if record.cancelRequestedAt != nil { return "asked to cancel" }
            guard let progress = record.progress, record.isStarted else {
                return record.worker.map { "\(record.isStarted ? "on" : "reserved by") \($0)" } ?? ""
            }
            return "\(percent(progress)) \(progress.note)"
        case .scheduled, .retryable:
            let due = record.runAt > now ? "in \(DurationText.brief(record.runAt - now))" : "due"
            return record.errors.last.map { "\(due): \($0.message)" } ?? due
        case .discarded, .cancelled, .available, .held:
            return record.errors.last.map { "\($0.kind.rawValue): \($0.message)" } ?? ""
        case .completed:
            return ""
        }
    }

    /// Returns how a job that did not complete has ended, with its last error.
    static func end(_ record: JobRecord) -> String {
        let error = record.errors.last.map { ": \($0.kind.rawValue): \($0.message)" } ?? ""
        return "\(record.id) was \(record.state.name)\(error)"
    }

    /// Returns a job's progress as a percentage.
    static func percent(_ progress: Progress) -> String {
        "\(Int((min(1, max(0, progress.fraction)) * 100).rounded()))%"
    }

    /// Returns everything about a job as names and values.
    static func facts(_ record: JobRecord) -> [(name: String, value: String)] {
        var facts: [(name: String, value: String)] = [
            ("id", record.id.description), ("type", record.type), ("queue", record.queue),
            ("state", record.state.name), ("priority", "\(record.priority)"),
            ("attempt", "\(record.attempt) of \(record.maxAttempts)"),
        ]
        func add(_ name: String, _ value: String?) {
            if let value, !value.isEmpty { facts.append((name, value)) }
        }
        let suspicion = record.isSuspect ? ", a suspect: it runs alone" : ""
        add("crashes", record.crashes > 0 ? "\(record.crashes)\(suspicion)" : nil)
        add("interruptions", record.interruptions > 0 ? "\(record.interruptions)" : nil)
        add("enqueued at", record.enqueuedAt.description)
        add("run at", record.runAt.description)
        add("attempted at", record.attemptedAt?.description)
        add("finished at", record.finishedAt?.description)
        add("expires at", record.expiresAt?.description)
        add("timeout", record.timeoutMicroseconds.map { DurationText.brief(.microseconds($0)) })
        add("unique key", record.uniqueKey)
        add("tags", record.tags.joined(separator: " "))
        add("meta", record.metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " "))
        add("parent", record.parent?.description)
        add("return queue", record.returnQueue)
        add("worker", record.worker?.description)
        add("lease until", record.leaseUntil?.description)
        add("cancel asked", record.cancelRequestedAt?.description)
        add("progress", record.progress.map { "\(percent($0)) \($0.note)" })
        add("args", String(decoding: record.arguments, as: UTF8.self))
        add("checkpoint", record.checkpoint.map { String(decoding: $0, as: UTF8.self) })
        add(
            "result",
            record.result.map { String(decoding: $0, as: UTF8.self) + (record.resultTruncated ? " (cut)" : "") })
        for error in record.errors {
            add("error", "\(error.at) attempt \(error.attempt), \(error.kind.rawValue): \(error.message)")
        }
        return facts
    }
}
