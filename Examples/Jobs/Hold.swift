// Lets `make demo KILL=1` kill the worker half-way, whatever the machine's speed: jobs whose metadata names a file wait
// while that file exists. The director removes it once the worker is dead, so the second worker never waits.

import Foundation
import Offstage

package enum Hold {
    package static let metadataKey = "hold"

    static func wait(_ context: JobContext) async throws {
        guard let file = context.job.metadata[metadataKey] else { return }
        while FileManager.default.fileExists(atPath: file) { try await Task.sleep(for: .milliseconds(20)) }
    }
}
