// The program that the tests with real processes start, kill and freeze: one command per process, its settings as
// name=value, and its results as lines on its standard output. It ends when its standard input does, so that it does
// not outlive a killed test.
import Foundation
import OffstageCore
import OffstageSQLite
import TestProcesses

@main struct TortureWorker {
    static func main() async {
        let words = CommandLine.arguments.dropFirst()
        let settings = Settings(words.dropFirst())
        if Lead.isChild {
            do {
                try await Lead(settings).run()
                exit(0)
            } catch {
                StandardErrorLog()(.error, "\(error)")
                exit(1)
            }
        }
        let input = Input()
        do {
            switch words.first {
            case "work": try await Work(settings).run()
            case "lead": try await Lead(settings).run()
            case "enqueue": try await EnqueueNumbers(settings, input).run()
            case "hold": try await Hold(settings, input).run()
            case "foreign": try Foreign(settings, input).run()
            case "wait": try await Wait(settings).run()
            case "open":
                await (try await settings.open()).close()
                Output.say("opened")
            case "look":
                let store = try await settings.look()
                Output.say("sees \(try await store.counts().total(.available))")
                Output.say("refuses \(await storeRefusal(store))")
                await store.close()
            case "clear": try await Clear(settings).run()
            case "fill": try await Fill(settings).run()
            case "writers": try await Writers(settings).run()
            default: throw Trouble("no such command: \(words)")
            }
        } catch {
            Output.say("failed \(error)")
            exit(1)
        }
    }
}

/// Returns the error of a change on a store that was opened only for reading.
private func storeRefusal(_ store: SQLiteStore) async -> String {
    do {
        _ = try await store.setPaused(true, queue: "q")
        return "nothing"
    } catch {
        return "\(error)"
    }
}

/// The settings on the command line.
struct Settings: Sendable {
    private let values: [String: String]

    init(_ words: some Sequence<String>) {
        var values: [String: String] = [:]
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1)
            values[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
        self.values = values
    }

    func text(_ name: String, _ other: String = "") -> String { values[name] ?? other }
    func number(_ name: String, _ other: Int) -> Int { values[name].flatMap { Int($0) } ?? other }
    func isSet(_ name: String) -> Bool { values[name] != nil }

    private var lease: Duration { .milliseconds(number("lease", 20_000)) }
    private var patience: Duration { .milliseconds(number("patience", 10_000)) }

    /// Opens the store like all processes of a test.
    func open() async throws -> any Store {
        try await AnyStore.open(
            text("store"), lease: lease, patience: patience, crashesAlone: number("crash-limit", 3),
            log: StandardErrorLog())
    }

    /// Opens the store's file for reading only.
    func look() async throws -> SQLiteStore { try await SQLiteStore.open(text("store"), for: .look) }

    /// Opens the store for tests that apply only to a file.
    func openFile() async throws -> SQLiteStore {
        var options = StoreOptions()
        options.lease = lease
        options.patience = patience
        return try await SQLiteStore.open(text("store"), options: options)
    }
}

/// The reason why the program gave up.
struct Trouble: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// The lines that the program prints.
enum Output {
    static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
}
