// The documents that answer a command: the result of an enqueue, a bulk or a change, and why a job does not run.
public import OffstageCore

extension Documents {
    /// The result of one enqueue: the job that does the work, and whether it was already there or was replaced.
    public static func receipt(id: JobID, state: JobState, duplicate: Bool, replaced: Bool) -> [UInt8] {
        object { writer in
            writer.member("id", id.description)
            writer.member("state", state.name)
            writer.member("duplicate", duplicate)
            writer.member("replaced", replaced)
        }
    }

    /// The result of a bulk: counts, and the lines that were not jobs or were refused.
    public static func bulk(
        stored: Int, duplicates: Int, replaced: Int, bad: [(line: Int, message: String)]
    ) -> [UInt8] {
        object { writer in
            writer.member("stored", stored)
            writer.member("duplicates", duplicates)
            writer.member("replaced", replaced)
            writer.key("bad")
            writer.beginArray()
            for (line, message) in bad {
                writer.beginObject()
                writer.member("line", line)
                writer.member("message", message)
                writer.endObject()
            }
            writer.endArray()
        }
    }

    /// Why a job is not running.
    public static func why(_ why: Why) -> [UInt8] {
        object { writer in
            writer.member("id", why.id.description)
            writer.member("state", why.state.name)
            writer.member("reason", why.reason.rawValue)
            writer.member("text", why.text)
            writer.member("until", why.until)
            writer.member("by", why.by)
        }
    }

    /// The result for one job of a change by id. `answer` is done, removed, asked, refused or not_found; `message`
    /// gives the reason of a refusal.
    public static func change(_ id: JobID, _ answer: ChangeAnswer) -> [UInt8] {
        let (word, state, message): (String, JobState?, String?) =
            switch answer {
            case .done(let state): ("done", state, nil)
            case .removed: ("removed", nil, nil)
            case .asked: ("asked", .running, nil)
            case .refused(let refusal): ("refused", nil, refusal.description)
            case .notFound: ("not_found", nil, "no such job")
            }
        return object { writer in
            writer.member("id", id.description)
            writer.member("answer", word)
            writer.member("state", state?.name)
            writer.member("message", message)
        }
    }

    /// The result of a change by filter; with `dryRun`, what it would do.
    public static func changes(_ totals: ChangeTotals, dryRun: Bool) -> [UInt8] {
        object { writer in
            writer.member("changed", totals.changed)
            writer.member("refused", totals.refused)
            writer.member("dry_run", dryRun)
        }
    }

    /// A job's end, as a return queue announces it; the state is completed, discarded, cancelled or removed.
    public static func announcement(_ news: Announcement) -> [UInt8] {
        object { writer in
            writer.member("id", news.job.description)
            writer.member("type", news.type)
            writer.member("state", news.state?.name ?? "removed")
            writer.member("at", news.at)
            writer.member("result", bytes: news.result)
            writer.member("error", news.error)
            writer.member("meta", news.metadata)
            writer.member("deliveries", news.deliveries)
        }
    }
}
