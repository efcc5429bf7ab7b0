// The web component: a process that serves one page until SIGTERM. It only puts jobs on a queue and reads them. So
// whatever the jobs do to the worker's CPU and memory, the page stays fast.

import ExampleJobs
import Foundation
import Offstage
import OffstageCLI

struct WebError: Error, CustomStringConvertible {
    let description: String
}

enum WebComponent {
    private static let usage = "usage: offstage-example web [--port N]  (or the port in PORT)"

    /// Serves until it is stopped, and returns the exit status.
    static func main(_ arguments: [String]) async -> Int32 {
        do {
            let environment = ProcessInfo.processInfo.environment
            let port = try port(arguments, environment)
            let pictures = try PictureFolder(Storage.folder)
            let assets = try Assets(folder: environment["PAGE"] ?? "page")
            let store = try await StoreOpener.open(StoreURL.named(in: environment))
            let board = Board(store)
            let site = Site(enqueuer: Enqueuer(store), board: board, pictures: pictures, assets: assets)
            let signals = Signals.toStop()
            let server = try HTTPServer(port: port, site: site)
            say("serving on http://127.0.0.1:\(port), jobs in \(try StoreURL.named(in: environment))")
            for await _ in signals { break }
            await board.stop()
            await server.stop()
            await store.close()
            say("stopped")
            return 0
        } catch {
            say("\(error)")
            return error is WebError ? 2 : 1
        }
    }

    private static func port(_ arguments: [String], _ environment: [String: String]) throws -> UInt16 {
        var told = environment["PORT"]
        switch (arguments.first, arguments.count) {
        case (nil, _): break
        case ("--port", 2): told = arguments[1]
        default: throw WebError(description: usage)
        }
        guard let told, let port = UInt16(told), port > 0 else { throw WebError(description: usage) }
        return port
    }

    private static func say(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data("web: \(text)\n".utf8))
    }
}
