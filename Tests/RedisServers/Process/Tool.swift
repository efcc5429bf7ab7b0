// The system programs that these tests need. A missing one is reported in one line that names the package to install. A
// test that needs Redis fails where Redis is missing; it is never skipped.
import Foundation
import OffstageCore

/// Programs that the tests need installed.
enum Tool: String {
    case server = "redis-server"
    case client = "redis-cli"
    case openssl = "openssl"

    /// Returns the program's path. Throws `ServerError` with the package to install.
    func path() throws -> String {
        let listed = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":").map(String.init) ?? []
        let places = (listed + ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"]).map { $0 + "/" + rawValue }
        guard let place = places.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw ServerError(
                "\(rawValue) is not installed, and this test needs it: apt-get install \(package) (macOS: brew install "
                    + "\(self == .openssl ? "openssl" : "redis"))")
        }
        return place
    }

    private var package: String {
        switch self {
        case .server: "redis-server"
        case .client: "redis-tools"
        case .openssl: "openssl"
        }
    }

    /// Runs the program until it ends and returns what it wrote to both outputs. Throws `ServerError` if it fails.
    @discardableResult
    func run(_ arguments: [String], in folder: String, within bound: Duration = .seconds(20)) async throws -> String {
        let file = folder + "/\(rawValue)-\(UUID().uuidString).out"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let process = try KeptProcess([path()] + arguments, log: file)
        let status = try await process.ends(within: bound)
        let output = process.log
        guard status == 0 else {
            throw ServerError(
                "\(rawValue) \(arguments.joined(separator: " ")) ended with \(status): \(output.suffix(800))")
        }
        return output
    }
}
