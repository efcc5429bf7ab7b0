// A request: its head, which arrives first and decides what may follow, and then the whole.

import Foundation

struct RequestHead: Sendable {
    var method: String
    var path: String
    /// The length of the body in bytes, if the client stated it.
    var length: Int?
    /// The browser's statement of where the request comes from: `same-origin`, `cross-site` and so on.
    var fetchSite: String?
}

/// How a site wants to receive the body of a request.
enum BodyWish: Sendable {
    /// Nothing may follow.
    case nothing
    /// The bytes, up to this many.
    case bytes(Int)
    /// The file in the form's field `picture`, up to this many bytes, written into the folder.
    case picture(Int, PictureFolder)
    /// No body is wanted: this is the response.
    case refused(Response)
}

/// A body as it was received.
enum Body: Sendable {
    case nothing
    case bytes([UInt8])
    case picture(ReceivedPicture)
}

struct Request: Sendable {
    var head: RequestHead
    var body: Body
}
