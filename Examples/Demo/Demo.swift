// Which of its three roles this process has. In a real system the web and the worker component would be two programs.
// Here they are one, so that only one thing has to be built.

import Foundation
import Offstage

enum Demo {
    static let subscribers = 200
    /// The exit status after Ctrl-C, as a shell reports a death by SIGINT.
    static let interrupted: Int32 = 130

    /// Runs in the role that the arguments name, and returns the exit status.
    static func main(_ arguments: [String]) async -> Int32 {
        let options: Options
        do {
            options = try Options(arguments, environment: ProcessInfo.processInfo.environment)
        } catch {
            // The error for a store's address is complete without the usage text.
            Screen(who: "demo").complain(error is DemoError ? "\(error)\n\(Options.usage)" : "\(error)")
            return 2
        }
        let screen = Screen(who: options.role == .director ? "demo" : options.role.rawValue)
        do {
            switch options.role {
            case .director:
                var director = try Director(options)
                return try await director.run()
            case .web:
                stopWithDirector()
                let store = try await DemoStore.open(
                    options.store, lease: options.kills ? DemoStore.shortLease : nil)
                let isRight = try await WebComponent(options: options, store: store, screen: screen).run()
                await store.close()
                return isRight ? 0 : 1
            case .worker:
                stopWithDirector()
                let store = try await DemoStore.open(
                    options.store, lease: options.kills ? DemoStore.shortLease : nil)
                try await WorkerComponent(store: store).run()
                await store.close()
                return 0
            }
        } catch {
            screen.complain("\(error)")
            return 1
        }
    }

    /// The components' standard input is the director's life line. When it ends, no process is left to clean up after
    /// them.
    private static func stopWithDirector() {
        Interruption.onEndOfInput { exit(1) }
    }
}
