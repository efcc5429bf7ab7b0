// Takes the writer lock with a transaction, enqueues in it, and then pauses: it waits for a line (`commit`, `abort`,
// `crash`), or freezes itself, which is the one way in which a process can block all others.
import CSQLite
import Foundation
import OffstageCore
import OffstageSQLite
import TestProcesses

struct Hold {
    let settings: Settings
    let input: Input

    init(_ settings: Settings, _ input: Input) {
        self.settings = settings
        self.input = input
    }

    func run() async throws {
        let store = try await settings.openFile()
        let settings = settings
        let input = input
        // The transaction blocks its thread, which therefore must not be one of the pool's.
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            Thread.detachNewThread {
                do {
                    try Self.hold(store, settings, input)
                } catch {
                    Output.say("failed \(error)")
                }
                done.resume()
            }
        }
        await store.close()
    }

    private static func hold(_ store: SQLiteStore, _ settings: Settings, _ input: Input) throws {
        var connection: OpaquePointer?
        guard sqlite3_open(settings.text("store"), &connection) == SQLITE_OK, let connection else {
            throw Trouble("the file cannot be opened")
        }
        defer { sqlite3_close_v2(connection) }
        let transactions = try SQLiteTransactions(store, connection: connection)
        do {
            try transactions.transaction { transaction in
                let job = TortureJobs.job(settings.number("from", 0), kind: .plain)
                _ = try transaction.enqueue([job])
                Output.say("holding")
                if settings.isSet("freeze") {
                    raise(SIGSTOP)
                    return
                }
                switch input.next() {
                case "abort": throw Trouble("aborted")
                case "crash": kill(getpid(), SIGKILL)
                default: return
                }
            }
            Output.say("committed")
        } catch {
            Output.say("rolled-back \(error)")
        }
    }
}
