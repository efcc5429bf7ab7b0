// One request and its response, on its connection's thread: the head, the pieces of the body as they arrive, the
// response. Only that thread ever touches it.

import CMicroHTTPD
import Foundation

final class Exchange {
    private let site: Site
    private let connection: OpaquePointer
    private let head: RequestHead
    private var wish = BodyWish.nothing
    private var bytes: [UInt8] = []
    private var upload: PictureUpload?
    /// The response to send whatever else arrives.
    private var refusal: Response?

    init(_ site: Site, _ connection: OpaquePointer, method: String, path: String) {
        self.site = site
        self.connection = connection
        func header(_ name: String) -> String? {
            app_http_header(connection, name).map { String(cString: $0) }
        }
        head = RequestHead(
            method: method, path: path, length: header("Content-Length").flatMap { Int($0) },
            fetchSite: header("Sec-Fetch-Site"))
    }

    /// Decides from the head what may follow.
    func begin() -> MHD_Result {
        wish = site.wish(for: head)
        do {
            switch wish {
            case .refused(let response): return send(response)
            case .picture(let limit, let folder):
                upload = try PictureUpload(connection, limit: limit, folder: folder)
                if upload == nil { return send(.problem(415, "a form with a file is wanted here")) }
            case .nothing, .bytes: break
            }
        } catch {
            return send(.problem(500, "\(error)"))
        }
        return .YES
    }

    /// Takes a piece of the body. Excess bytes are read and dropped, because the client reads no response before it has
    /// sent everything.
    func take(_ piece: UnsafeRawBufferPointer) -> MHD_Result {
        guard refusal == nil else { return .YES }
        switch wish {
        case .bytes(let limit):
            bytes += piece
            if bytes.count > limit { refusal = .problem(413, "that is too much") }
        case .picture:
            upload?.take(piece)
            refusal = upload?.refusal
        case .nothing, .refused:
            refusal = .problem(400, "no body is wanted here")
        }
        return .YES
    }

    /// Sends the response, after the whole request has arrived.
    func finish() -> MHD_Result {
        if let refusal { return send(refusal) }
        let body: Body
        switch wish {
        case .bytes: body = .bytes(bytes)
        case .picture:
            do {
                body = try upload?.picture().map { .picture($0) } ?? .nothing
            } catch {
                return send(.problem(500, "\(error)"))
            }
        case .nothing, .refused: body = .nothing
        }
        return send(waitFor { [site, head] in await site.answer(Request(head: head, body: body)) })
    }

    /// Removes an upload that was not used.
    func close() { upload?.close() }

    private func send(_ response: Response) -> MHD_Result {
        let made =
            switch response.content {
            case .bytes(let bytes): app_http_response(bytes.count, bytes)
            case .stream(let next): EventStream.response(next)
            }
        guard let made else { return .NO }
        defer { MHD_destroy_response(made) }
        for header in response.headers { _ = app_http_add_header(made, header.name, header.value) }
        return MHD_queue_response(connection, UInt32(response.status), made)
    }
}
