// Which path serves what. Two requests put a job on a queue and respond as soon as it is accepted; the others read.

import ExampleJobs
import Foundation
import Offstage

struct Site: Sendable {
    static let largestPicture = 20 << 20
    static let widths = [1280, 640, 160]
    static let mostSubscribers = 500

    let enqueuer: Enqueuer
    let board: Board
    let pictures: PictureFolder
    let assets: Assets
    private let ids = JobIDSource()

    init(enqueuer: Enqueuer, board: Board, pictures: PictureFolder, assets: Assets) {
        self.enqueuer = enqueuer
        self.board = board
        self.pictures = pictures
        self.assets = assets
    }

    /// Returns what may follow the head of a request.
    func wish(for head: RequestHead) -> BodyWish {
        switch (head.method, head.path) {
        case ("GET", _), ("HEAD", _):
            return .nothing
        case ("POST", "/photographs"), ("POST", "/newsletters"):
            // Another site's page must not make this site's visitors enqueue jobs.
            guard head.fetchSite == nil || head.fetchSite == "same-origin" else {
                return .refused(.problem(403, "only this site's own page may ask for this"))
            }
            let isPicture = head.path == "/photographs"
            let limit = isPicture ? Self.largestPicture : 64 << 10
            // The form around a picture takes a few more bytes.
            guard head.length ?? 0 <= limit + 4096 else {
                return .refused(.problem(413, "at most \(limit >> 10) KiB, please"))
            }
            return isPicture ? .picture(limit, pictures) : .bytes(limit)
        default:
            return .refused(.problem(405, "there is nothing to be done here"))
        }
    }

    /// Returns the response to a request.
    func answer(_ request: Request) async -> Response {
        do {
            switch (request.head.path, request.body) {
            case ("/photographs", .picture(let picture)): return try await enqueue(picture)
            case ("/newsletters", .bytes(let bytes)): return try await enqueue(newsletter: bytes)
            case ("/events", .nothing): return board.stream()
            case ("/photographs", _) where request.head.method == "POST":
                return .problem(400, "the form has no file in its field 'picture'")
            case (let path, _): return read(path)
            }
        } catch let error as InvalidJob {
            return .problem(400, "\(error)")
        } catch {
            // The job may have been stored or not. A second request enqueues another one.
            return .problem(503, "the queue cannot be reached; please try again later (\(error))")
        }
    }

    private func read(_ path: String) -> Response {
        if let asset = assets[path] { return asset }
        let prefix = "/thumbnails/"
        if path.hasPrefix(prefix), let bytes = pictures.thumbnail(path.dropFirst(prefix.count)) {
            return Response(200, type: "image/jpeg", .bytes(bytes), caching: "private, max-age=86400, immutable")
        }
        return .problem(404, "there is nothing here")
    }

    private func enqueue(_ picture: ReceivedPicture) async throws -> Response {
        defer { picture.discard() }
        let id = ids.next()
        var options = EnqueueOptions()
        options.id = id
        options.metadata = [Board.title: String(picture.name.prefix(200))]
        let original = try pictures.keep(picture, for: id)
        try await enqueuer.enqueue(
            Thumbnails(photograph: original, folder: PictureFolder.thumbnails, widths: Self.widths), options: options)
        return .json(202, ["id": "\(id)"])
    }

    private func enqueue(newsletter bytes: [UInt8]) async throws -> Response {
        guard let form = try? JSONDecoder().decode(NewsletterForm.self, from: Data(bytes)) else {
            return .problem(400, "a newsletter has a subject, a body and a number of subscribers")
        }
        if let problem = form.problem { return .problem(400, problem) }
        let id = ids.next()
        var options = EnqueueOptions()
        options.id = id
        options.tags = [Board.tag(of: id)]
        options.metadata = [Board.title: form.subject, Board.size: "\(form.subscribers)"]
        try await enqueuer.enqueue(
            Newsletter(
                letter: Letter(subject: form.subject, body: form.body), subscribers: "subscribers.txt",
                limit: form.subscribers), options: options)
        return .json(202, ["id": "\(id)"])
    }
}

/// The form with which the page asks for a newsletter.
struct NewsletterForm: Decodable {
    var subject: String
    var body: String
    var subscribers: Int

    /// The problem with the form, in one line; nil if there is none.
    var problem: String? {
        if subject.isEmpty || subject.count > 200 || subject.contains(where: \.isNewline) {
            return "the subject must be one line of 1 to 200 characters"
        }
        if body.isEmpty || body.utf8.count > 16 << 10 { return "the text must have 1 to 16,384 bytes" }
        if !(1...Site.mostSubscribers).contains(subscribers) {
            return "there are \(Site.mostSubscribers) subscribers; choose 1 to \(Site.mostSubscribers)"
        }
        return nil
    }
}
