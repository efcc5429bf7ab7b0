// The thumbnails: one job per photograph, which reads the original from the shared folder and saves three sizes of it.
// Its output depends only on its arguments, so it may run twice: the second run writes the same files again.

import Foundation
package import Offstage

package struct Thumbnails: Job {
    package static let name = "photograph.thumbnails"
    package static let defaults = JobDefaults(queue: "photographs", maxAttempts: 3, timeout: .seconds(120))
    // GD keeps its thread busy for much of a second.
    package static let isBlocking = true

    /// The path of the original, and the folder for the thumbnails: absolute, or relative to the shared folder.
    var photograph: String
    var folder: String
    /// In pixels, the largest first: each size is made from the previous one.
    var widths: [Int]

    package init(photograph: String, folder: String, widths: [Int]) {
        self.photograph = photograph
        self.folder = folder
        self.widths = widths
    }

    package func perform(in context: JobContext) async throws -> [ThumbnailFile] {
        try await Hold.wait(context)
        let name = URL(fileURLWithPath: photograph).lastPathComponent
        let steps = Double(widths.count + 1)
        var picture = try read()
        try await context.report(progress: 1 / steps, "decoded")
        var made: [ThumbnailFile] = []
        for width in widths {
            try Task.checkCancellation()
            picture = try picture.scaled(toWidth: width)
            let path = "\(folder)/\(name)-\(width).jpg"
            made.append(try picture.write(to: Storage.place(of: path), named: path))
            try await context.report(progress: Double(1 + made.count) / steps, "\(width) pixels wide")
        }
        return made
    }

    private func read() throws -> Photograph {
        do {
            return try Photograph(path: Storage.place(of: photograph))
        } catch let error as PhotographError {
            // A retry would fail, too.
            throw Discard(error.description)
        }
    }
}
