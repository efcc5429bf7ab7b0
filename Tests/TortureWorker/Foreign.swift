// A foreign program: plain SQLite on the store's file, without the writer lock. It holds a read or a write transaction
// until it is told to end it.
import CSQLite
import Foundation

struct Foreign {
    let settings: Settings
    let input: Input

    init(_ settings: Settings, _ input: Input) {
        self.settings = settings
        self.input = input
    }

    func run() throws {
        var connection: OpaquePointer?
        guard sqlite3_open(settings.text("store"), &connection) == SQLITE_OK, let connection else {
            throw Trouble("the file cannot be opened")
        }
        defer { sqlite3_close(connection) }
        // No checkpoint at the close: an ordinary reader would not make one either while others have the file open.
        let begin = settings.text("mode") == "write" ? "BEGIN IMMEDIATE" : "BEGIN; SELECT count(*) FROM jobs"
        try execute(begin, connection)
        Output.say("holding")
        _ = input.next()
        try execute("COMMIT", connection)
        Output.say("done")
    }

    private func execute(_ sql: String, _ connection: OpaquePointer) throws {
        guard sqlite3_exec(connection, sql, nil, nil, nil) == SQLITE_OK else {
            throw Trouble(String(cString: sqlite3_errmsg(connection)))
        }
    }
}
