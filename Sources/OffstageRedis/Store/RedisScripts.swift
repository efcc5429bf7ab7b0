// The scripts as they are sent: what all verbs share, then the verb. Each verb takes only the shared files that it
// needs, because Redis runs the whole text with every call.

/// The scripts of the store.
struct RedisScripts: Sendable {
    let enqueue = Self.script("enqueue", PackageResources.enqueue_lua, Self.acceptance)
    let work = Self.script(
        "work", PackageResources.work_lua,
        Self.acceptance + PackageResources.settle_lua + PackageResources.suspects_lua + Self.reservation)
    /// The same for a call that settles nothing, as those of an idle worker are: without what settling takes.
    let reserve = Self.script(
        "work", PackageResources.work_lua, Self.changes + PackageResources.suspects_lua + Self.reservation)
    let busy = Self.script("busy", PackageResources.busy_lua, Self.changes)
    let turn = Self.script("turn", PackageResources.turn_lua, Self.changes + PackageResources.suspects_lua)
    let note = Self.script("note", PackageResources.note_lua, Self.changes)
    let renew = Self.script("renew", PackageResources.renew_lua, Self.changes)
    let maintain = Self.script("maintain", PackageResources.maintain_lua, Self.changes)
    let heartbeat = Self.script("heartbeat", PackageResources.heartbeat_lua, Self.lines)
    let command = Self.script("command", PackageResources.command_lua, Self.lines)
    let retire = Self.script("retire", PackageResources.retire_lua, Self.changes)
    let workers = Self.script("workers", PackageResources.workers_lua, Self.changes)
    let pause = Self.script("pause", PackageResources.pause_lua, Self.lines)
    let change = Self.script("change", PackageResources.change_lua, Self.changes + PackageResources.look_lua)
    let find = Self.script("find", PackageResources.find_lua, Self.changes + PackageResources.look_lua)
    let list = Self.script("list", PackageResources.list_lua, Self.changes + PackageResources.look_lua)
    let counts = Self.script("counts", PackageResources.counts_lua, Self.lines)
    let standing = Self.script("standing", PackageResources.standing_lua, Self.changes + PackageResources.look_lua)
    let history = Self.script("history", PackageResources.history_lua, Self.lines)
    let returns = Self.script("returns", PackageResources.returns_lua, Self.changes)
    let idle = Self.script("idle", PackageResources.idle_lua, Self.lines)
    // These three come before the namespace's identity is known, or right.
    let open = Self.script("open", PackageResources.open_lua, PackageResources.base_lua)
    let migrate = Self.script(
        "migrate", PackageResources.migrate_lua, PackageResources.base_lua + Self.records + Self.ends)
    static let adopting = Self.script("adopt", PackageResources.adopt_lua, PackageResources.base_lua)

    private static let records = PackageResources.records_lua + PackageResources.lines_lua
    private static let ends =
        PackageResources.unique_lua + PackageResources.echo_lua + PackageResources.ends_lua
        + PackageResources.leases_lua
    private static let lines = PackageResources.base_lua + PackageResources.identity_lua + records
    private static let changes = lines + ends
    private static let reservation =
        PackageResources.grants_lua + PackageResources.sources_lua + PackageResources.merge_lua
        + PackageResources.reserve_lua
    private static let acceptance = changes + PackageResources.accept_lua

    private static func script(_ name: String, _ verb: [UInt8], _ shared: [UInt8]) -> RedisScript {
        RedisScript(name: "offstage.\(name)", source: String(decoding: shared + verb, as: UTF8.self))
    }
}
