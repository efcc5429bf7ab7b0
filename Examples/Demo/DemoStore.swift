// Opens the store by its URL. This is the demo's composition root: the only place that knows which store it is.

import Offstage
import OffstageSQLite

enum DemoStore {
    static func open(_ url: String) async throws -> any Store {
        throw DemoError("no store yet")
    }
}
