// A helper of a data server, such as initdb. It runs to its end, and its output is kept for the caller, because
// standard output belongs to the app.
import OffstageCore
import OffstageSystem

/// Runs programs whose output must not be shown.
enum QuietProgram {
    private static let mostBytes = 64 << 10

    /// How a program ended, and the first 64 KiB of its output and of its errors.
    struct Told: Sendable {
        var end: ComponentEnd
        var text: String
    }

    /// Runs a program. Throws only if it cannot be started.
    static func run(_ launch: ComponentLaunch) async throws -> Told {
        let process = try await ComponentProcess.start(launch)
        async let output = read(process.output)
        async let errors = read(process.errors)
        let bytes = await output + errors
        return Told(end: try await process.wait(), text: String(decoding: bytes, as: UTF8.self))
    }

    /// Reads a pipe to its end and closes it.
    private static func read(_ descriptor: Int32?) async -> [UInt8] {
        guard let descriptor else { return [] }
        let bytes = await SystemThread.call { () -> [UInt8] in
            var kept: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = LibC.read(descriptor, &buffer, buffer.count)
                if count > 0, kept.count < mostBytes { kept += buffer[..<count] }
                if count == 0 { return kept }
                guard count < 0, errno != EINTR else { continue }
                guard errno == EAGAIN else { return kept }
                var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                _ = poll(&watched, 1, -1)
            }
        }
        _ = close(descriptor)
        return bytes ?? []
    }
}
