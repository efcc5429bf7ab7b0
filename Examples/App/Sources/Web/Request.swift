// What comes in: the head of a request, which is known first and decides what may follow, and then the whole.

import Foundation

struct RequestHead: Sendable {
    var method: String
    var path: String
    /// How many bytes follow, if the client said so.
    var length: Int?
    /// What a browser says about where the request comes from: `same-origin`, `cross-site` and so on.
    var fetchSite: String?
}

/// What a site wants with the body of a request.
enum BodyWish: Sendable {
    /// Nothing may follow.
    case nothing
    /// The bytes, up to so many.
    case bytes(Int)
    /// The file in the form's field `picture`, up to so many bytes, written into the folder.
    case picture(Int, PictureFolder)
    /// No body is wanted: this is the answer already.
    case refused(Response)
}

/// A body as it came.
enum Body: Sendable {
    case nothing
    case bytes([UInt8])
    case picture(ReceivedPicture)
}

struct Request: Sendable {
    var head: RequestHead
    var body: Body
}
