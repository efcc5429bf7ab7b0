// A response: bytes, or a stream of events. Each has the headers by which a browser runs only what this site itself
// served.

import Foundation

struct Response: Sendable {
    enum Content: Sendable {
        case bytes([UInt8])
        /// Returns the next piece; nil at the end.
        case stream(@Sendable () async -> [UInt8]?)
    }

    var status: Int
    var headers: [(name: String, value: String)]
    var content: Content

    init(_ status: Int, type: String, _ content: Content, caching: String = "no-store") {
        self.status = status
        self.content = content
        headers = Self.safety + [("Content-Type", type), ("Cache-Control", caching)]
    }

    /// Returns a JSON document.
    static func json(_ status: Int, _ document: some Encodable) -> Response {
        let bytes = (try? JSONEncoder().encode(document)).map { [UInt8]($0) } ?? []
        return Response(status, type: "application/json", .bytes(bytes))
    }

    /// Returns the reason why a request was refused, in one line for people.
    static func problem(_ status: Int, _ text: String) -> Response { json(status, ["error": text]) }

    private static let safety = [
        (
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
        ),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ]
}
