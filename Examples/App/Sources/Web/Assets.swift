// The page's own files, read once at startup.

import Foundation

struct Assets: Sendable {
    private let responses: [String: Response]

    /// Reads the files. Throws if one is missing.
    init(folder: String) throws {
        let files = [
            ("/", "index.html", "text/html; charset=utf-8"), ("/app.js", "app.js", "text/javascript; charset=utf-8"),
            ("/style.css", "style.css", "text/css; charset=utf-8"), ("/icon.svg", "icon.svg", "image/svg+xml"),
        ]
        var responses: [String: Response] = [:]
        for (path, name, type) in files {
            guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else {
                throw WebError(
                    description: "\(folder)/\(name) cannot be read: start this in the app's folder, or say PAGE=folder")
            }
            responses[path] = Response(200, type: type, .bytes([UInt8](data)), caching: "no-cache")
        }
        self.responses = responses
    }

    subscript(path: String) -> Response? { responses[path] }
}
