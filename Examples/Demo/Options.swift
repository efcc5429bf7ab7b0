// The demo's options. The director passes its own on to the two components it starts, so each of them could also be
// started by hand, on another machine.

import Foundation
import OffstageCLI

struct Options {
    enum Role: String {
        case director, web, worker
    }

    static let usage = """
        usage: offstage-demo [--kill] [--photos FOLDER] [--store URL]
               offstage-demo web    --folder FOLDER --photos FOLDER --run NAME [--kill]
               offstage-demo worker [--kill]        (its SMTP server in SMTP_URL)
        The components need --store URL, or OFFSTAGE_STORE.
        """

    var role = Role.director
    /// Whether to kill the worker half-way and start another.
    var kills = false
    /// The folder with the photographs.
    var photos = "/usr/share/backgrounds"
    /// The store; nil for a SQLite file in the demo's own folder.
    var store: StoreURL?
    /// The folder for everything that the demo makes.
    var folder = ""
    /// The name of this run. In a store with other jobs, it is the tag that finds the run's own.
    var run = ""

    init(_ arguments: [String], environment: [String: String]) throws {
        var rest = arguments[...]
        if let word = rest.first, !word.hasPrefix("-") {
            guard let role = Role(rawValue: word) else { throw DemoError("unknown role '\(word)'") }
            self.role = role
            rest = rest.dropFirst()
        }
        while let option = rest.popFirst() {
            func value() throws -> String {
                guard let value = rest.popFirst(), !value.isEmpty else {
                    throw DemoError("\(option) needs a value")
                }
                return value
            }
            switch option {
            case "--kill": kills = true
            case "--photos": photos = URL(fileURLWithPath: try value()).path
            case "--store": store = try StoreURL(try value())
            case "--folder": folder = try value()
            case "--run": run = try value()
            default: throw DemoError("unknown option '\(option)'")
            }
        }
        guard role != .director else { return }
        if store == nil { store = try environment[DemoStore.variable].map { try StoreURL($0) } }
        guard store != nil else { throw DemoError("\(role.rawValue) needs --store") }
        guard role != .web || !(folder.isEmpty || run.isEmpty) else { throw DemoError("web needs --folder and --run") }
    }
}
