// The board as JSON for the page.

import ExampleJobs
import Foundation

struct BoardDocument: Encodable {
    struct Thumbnail: Encodable {
        var url: String
        var width: Int
        var height: Int

        init(_ file: ThumbnailFile) {
            url = "/" + file.path
            width = file.width
            height = file.height
        }
    }

    struct Photograph: Encodable {
        var id: String
        var name: String
        var state: String
        var fraction: Double
        var note: String
        /// The largest first; empty before the job has completed.
        var thumbnails: [Thumbnail]
    }

    struct Newsletter: Encodable {
        var id: String
        var subject: String
        var state: String
        var subscribers: Int
        var sent: Int
        var failed: Int
        var note: String
    }

    var photographs: [Photograph]
    var newsletters: [Newsletter]
}
