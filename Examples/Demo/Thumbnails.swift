// The thumbnails: one job a photograph, which reads the original from the shared folder and saves three sizes of it.
// What it writes depends on nothing but its arguments, so it may run twice: the second run writes the same files
// again.

import Foundation
import Offstage

struct Thumbnails: Job {
    static let name = "photograph.thumbnails"
    static let defaults = JobDefaults(queue: "photographs", maxAttempts: 3, timeout: .seconds(120))
    // GD keeps its thread busy for a good part of a second.
    static let isBlocking = true

    var photograph: String
    var folder: String
    /// In pixels, the largest first: each size is made from the one before.
    var widths: [Int]

    func perform(in context: JobContext) async throws -> [ThumbnailFile] {
        try await Hold.wait(context)
        let name = URL(fileURLWithPath: photograph).lastPathComponent
        var picture = try read()
        var made: [ThumbnailFile] = []
        for width in widths {
            try Task.checkCancellation()
            picture = try picture.scaled(toWidth: width)
            made.append(try picture.write(to: "\(folder)/\(name)-\(width).jpg"))
            try await context.report(progress: Double(made.count) / Double(widths.count), "\(width) pixels wide")
        }
        return made
    }

    private func read() throws -> Photograph {
        do {
            return try Photograph(path: photograph)
        } catch let error as PhotographError {
            // It will be no better the next time.
            throw Discard(error.description)
        }
    }
}
