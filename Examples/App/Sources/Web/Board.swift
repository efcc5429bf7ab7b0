// What the page shows, taken from the monitor. All viewers share one read of the store, at most five per second, and
// nothing is read while there are no viewers. It holds nothing that the store does not have, so any number of web
// processes show the same, and so does a restarted one.

import ExampleJobs
import Foundation
import Offstage
import Synchronization

actor Board {
    /// The metadata keys for a job's title for people and for the number of a newsletter's subscribers. They are needed
    /// because listings have no arguments.
    static let title = "title"
    static let size = "subscribers"
    /// Returns the tag of a newsletter and its mails.
    static func tag(of newsletter: JobID) -> String { "issue:\(newsletter)" }

    private static let pause = Duration.milliseconds(200)
    /// After this many pauses without news a comment is sent anyway, for proxies that close silent connections.
    private static let silence = 50

    private let reader: BoardReader
    private var latest: [UInt8] = []
    private var version = 0
    private var lastLook = ContinuousClock.now
    private var look: Task<Void, Never>?
    private var isStopping = false

    init(_ store: any Store) {
        reader = BoardReader(Monitor(store))
    }

    /// Returns the board as server-sent events: all of it at once, and again whenever it has changed.
    nonisolated func stream() -> Response {
        let place = StreamPlace()
        return Response(
            200, type: "text/event-stream",
            .stream { await self.next(after: place) }, caching: "no-cache, no-transform")
    }

    /// Ends all streams. Their readers will reconnect, to another process if there is one.
    func stop() { isStopping = true }

    /// Returns the next event for a reader; nil at the end.
    private func next(after place: StreamPlace) async -> [UInt8]? {
        for _ in 0..<Self.silence {
            if isStopping { return nil }
            await lookOnce()
            if place.version.withLock({ $0 != version }) {
                place.version.withLock { $0 = version }
                return latest
            }
        }
        return Array(":\n\n".utf8)
    }

    /// Reads the store, after a pause since the last time. Callers that arrive meanwhile wait for the same read.
    private func lookOnce() async {
        if let look { return await look.value }
        let task = Task {
            try? await Task.sleep(until: lastLook + Self.pause)
            let event = await reader.event()
            if event != latest { (latest, version) = (event, version + 1) }
            lastLook = .now
            look = nil
        }
        look = task
        await task.value
    }
}
