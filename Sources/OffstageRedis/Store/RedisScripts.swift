// The scripts as they are sent: numbers, limits and texts of the core, then base.lua, the shared files that the verb
// may need, and the verb. Redis runs the whole text with every call, so each shared file is wrapped in a function,
// which base.lua calls when something in the file is first used.
import OffstageCore

/// The scripts of the store.
struct RedisScripts: Sendable {
    let enqueue = Self.script("enqueue", PackageResources.enqueue_lua, Self.changes + [.accept])
    let work = Self.script(
        "work", PackageResources.work_lua, Self.changes + [.accept, .settle, .suspects, .reserve])
    let busy = Self.script("busy", PackageResources.busy_lua, Self.changes)
    let turn = Self.script("turn", PackageResources.turn_lua, Self.changes + [.suspects])
    let note = Self.script("note", PackageResources.note_lua, Self.changes)
    let renew = Self.script("renew", PackageResources.renew_lua, Self.changes)
    let maintain = Self.script("maintain", PackageResources.maintain_lua, Self.changes)
    let heartbeat = Self.script("heartbeat", PackageResources.heartbeat_lua, Self.lines)
    let command = Self.script("command", PackageResources.command_lua, Self.lines)
    let retire = Self.script("retire", PackageResources.retire_lua, Self.changes)
    let workers = Self.script("workers", PackageResources.workers_lua, Self.changes)
    let pause = Self.script("pause", PackageResources.pause_lua, Self.lines)
    let change = Self.script("change", PackageResources.change_lua, Self.changes + [.look])
    let find = Self.script("find", PackageResources.find_lua, Self.changes + [.look])
    let list = Self.script("list", PackageResources.list_lua, Self.changes + [.look])
    let counts = Self.script("counts", PackageResources.counts_lua, Self.lines)
    let standing = Self.script("standing", PackageResources.standing_lua, Self.changes + [.look])
    let history = Self.script("history", PackageResources.history_lua, Self.lines)
    let returns = Self.script("returns", PackageResources.returns_lua, Self.changes)
    let idle = Self.script("idle", PackageResources.idle_lua, Self.lines)
    // These three come before the namespace's identity is known, or right.
    let open = Self.script("open", PackageResources.open_lua, [], checksIdentity: false)
    let migrate = Self.script("migrate", PackageResources.migrate_lua, Self.changes, checksIdentity: false)
    static let adopting = Self.script("adopt", PackageResources.adopt_lua, [], checksIdentity: false)

    private static let lines: [SharedScript] = [.records, .lines]
    private static let changes = lines + [.unique, .echo, .ends, .leases]

    /// What the scripts know from the core: the numbers of states, failures and ends, limits, and texts.
    private static let constants: String = {
        var values = JobState.allCases.map { ($0.name, "\($0.rawValue)") }
        values += FailureKind.allCases.enumerated().map { ("failure_\($1.rawValue)", "\($0)") }
        values += [
            ("end_crashed", "\(SettleMark.crashed)"), ("batch", "\(Limits.batch)"),
            ("page_examines", "\(Limits.pageExamines)"), ("most_errors", "\(Limits.errors)"),
        ]
        let texts = [
            ("expired", StoreTexts.expired), ("lease_ran_out", StoreTexts.leaseRanOut),
            ("lease_ran_out_in_outage", StoreTexts.leaseRanOutInOutage), ("id_taken", StoreTexts.idTaken),
            ("key_held", StoreTexts.keyHeld), ("follow_up_refused", StoreTexts.followUpRefused),
        ]
        values += texts.map { ("text_\($0)", "'\($1)'") }
        return values.map { "local \($0.uppercased()) = \($1)\n" }.joined()
    }()

    private static func script(
        _ name: String, _ verb: [UInt8], _ shared: [SharedScript], checksIdentity: Bool = true
    ) -> RedisScript {
        let numbers = "123456789abcdefghijklmnopqrstuvwxyz"
        let files = zip(numbers, shared)
        let places = files.flatMap { number, file in file.functions.map { " \($0)=\(number)" } }.joined()
        var source = "local FILES = '\(places) '\n" + constants
        source += String(decoding: PackageResources.base_lua, as: UTF8.self)
        if checksIdentity { source += String(decoding: PackageResources.identity_lua, as: UTF8.self) }
        for (number, file) in files { source += "files['\(number)'] = function()\n\(file.source)end\n" }
        return RedisScript(name: "offstage.\(name)", source: source + String(decoding: verb, as: UTF8.self))
    }
}

/// A file of functions that several verbs share.
private struct SharedScript: Sendable {
    static let records = Self(PackageResources.records_lua)
    static let lines = Self(PackageResources.lines_lua)
    static let unique = Self(PackageResources.unique_lua)
    static let echo = Self(PackageResources.echo_lua)
    static let ends = Self(PackageResources.ends_lua)
    static let leases = Self(PackageResources.leases_lua)
    static let accept = Self(PackageResources.accept_lua)
    static let settle = Self(PackageResources.settle_lua)
    static let suspects = Self(PackageResources.suspects_lua)
    static let look = Self(PackageResources.look_lua)
    /// Four files that share their variables.
    static let reserve = Self(
        PackageResources.grants_lua + PackageResources.sources_lua + PackageResources.merge_lua
            + PackageResources.reserve_lua)

    let source: String
    /// What it adds to O.
    let functions: [Substring]

    private init(_ bytes: [UInt8]) {
        source = String(decoding: bytes, as: UTF8.self)
        functions = source.split(separator: "\n").compactMap { line in
            let isFunction = line.hasPrefix("function O.")
            guard isFunction || line.hasPrefix("O.") else { return nil }
            return line.dropFirst(isFunction ? 11 : 2).prefix { $0.isLetter || $0 == "_" }
        }
    }
}
