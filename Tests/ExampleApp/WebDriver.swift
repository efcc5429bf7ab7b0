// The small part of the WebDriver protocol (W3C) that these tests use with chromedriver: JSON over HTTP, one call at a
// time. Each use looks an element up by its CSS selector, so no reference can be stale.

import Foundation
import OffstageCore
import OffstageTesting

struct BrowserError: Error, CustomStringConvertible {
    let description: String
}

/// A session with a browser.
struct WebDriver: Sendable {
    private static let elementKey = "element-6066-11e4-a52e-4f735466cecf"

    private let port: Int
    private let session: String

    /// Starts a browser through the chromedriver on a port of 127.0.0.1.
    init(port: Int, arguments: [String], binary: String) async throws {
        self.port = port
        let chrome: JSON = .object([
            JSONMember("args", .array(arguments.map { .string($0) })), JSONMember("binary", .string(binary)),
        ])
        let wanted: JSON = .object([
            JSONMember("goog:chromeOptions", chrome),
            JSONMember("goog:loggingPrefs", .object([JSONMember("browser", .string("ALL"))])),
        ])
        let body: JSON = .object([JSONMember("capabilities", .object([JSONMember("alwaysMatch", wanted)]))])
        let answer = try await Self.call("POST", port, "/session", body)
        guard let session = answer["sessionId"]?.stringValue else {
            throw BrowserError(description: "chromedriver gives no session")
        }
        self.session = "/session/\(session)"
    }

    /// Ends the browser.
    func quit() async { _ = try? await Self.call("DELETE", port, session, .object([])) }

    func open(_ url: String) async throws {
        try await call("/url", .object([JSONMember("url", .string(url))]))
    }

    /// Types into a field. For a file input, the text is the file's path.
    func type(_ text: String, into selector: String) async throws {
        let element = try await element(selector)
        try await call("/element/\(element)/value", .object([JSONMember("text", .string(text))]))
    }

    func clear(_ selector: String) async throws {
        try await call("/element/\(try await element(selector))/clear", .object([]))
    }

    func click(_ selector: String) async throws {
        try await call("/element/\(try await element(selector))/click", .object([]))
    }

    /// Runs a script in the page and returns its result.
    @discardableResult
    func run(_ script: String) async throws -> JSON {
        try await call(
            "/execute/sync", .object([JSONMember("script", .string(script)), JSONMember("args", .array([]))]))
    }

    /// The browser's complaints since the last call: script errors, violations of the content policy, missing files.
    func complaints() async throws -> [String] {
        let answer = try await call("/se/log", .object([JSONMember("type", .string("browser"))]))
        guard case .array(let entries) = answer else { return [] }
        return entries.compactMap { $0["message"]?.stringValue }
    }

    private func element(_ selector: String) async throws -> String {
        let body: JSON = .object([
            JSONMember("using", .string("css selector")), JSONMember("value", .string(selector)),
        ])
        guard let id = try await call("/element", body)[Self.elementKey]?.stringValue else {
            throw BrowserError(description: "the page has no element \(selector)")
        }
        return id
    }

    @discardableResult
    private func call(_ path: String, _ body: JSON) async throws -> JSON {
        try await Self.call("POST", port, session + path, body)
    }

    /// Calls chromedriver and returns the value. Throws chromedriver's error message.
    private static func call(_ method: String, _ port: Int, _ path: String, _ body: JSON) async throws -> JSON {
        let bytes = try await HTTPCall.body(method, port: port, path: path, json: body.canonical())
        let answer = try JSON.parse(bytes)["value"] ?? .null
        if let error = answer["error"]?.stringValue {
            throw BrowserError(description: "\(error): \(answer["message"]?.stringValue ?? "")")
        }
        return answer
    }
}

extension JSON {
    /// The items of an array; empty for any other value.
    var items: [JSON] { if case .array(let items) = self { items } else { [] } }
}
