// The processes of one test over one store. Whatever the test does, `end` in its defer leaves none of them
// behind.
import Foundation
import OffstageCore
public import OffstageTesting
import Synchronization

/// All processes of one test.
public final class Crew: Sendable {
    /// Where the store and the test's other files lie.
    public let folder: ScratchDirectory
    private let children = Mutex<[Child]>([])

    /// The store's address: a path, or a Redis URL.
    public let store: String

    /// Prepares a folder, on a real disk only if asked for; the store is a file there unless another is named.
    public init(onDisk: Bool = false, store: String? = nil) throws {
        folder = try ScratchDirectory(onDisk: onDisk)
        self.store = store ?? folder.file("jobs.db")
    }

    /// Starts the torture worker with a command and settings, on this crew's store unless they say another.
    public func start(_ command: String, _ settings: [String: String] = [:]) throws -> Child {
        var settings = settings
        if settings["store"] == nil { settings["store"] = store }
        let words = settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let child = try Child(try Self.program(), [command] + words)
        children.withLock { $0.append(child) }
        return child
    }

    /// Starts the torture worker in a mount namespace of its own, after shell commands that mount what it needs: the
    /// mounts are gone with the process, however it or the test ends.
    public func start(_ command: String, _ settings: [String: String], after mounting: String) throws -> Child {
        let words = settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let script = mounting + " && exec \"$@\""
        let child = try Child(
            Self.unshare[0], Self.unshare.dropFirst() + ["sh", "-c", script, "sh", try Self.program(), command] + words)
        children.withLock { $0.append(child) }
        return child
    }

    /// Whether this user may mount in a namespace of its own.
    public static var canMount: Bool {
        let process = Process()
        process.executableURL = URL(filePath: unshare[0])
        process.arguments = unshare.dropFirst() + ["sh", "-c", "mount -t tmpfs tmpfs /mnt"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    private static var unshare: [String] { ["/usr/bin/unshare", geteuid() == 0 ? "-m" : "-Urm"] }

    /// Kills whatever still runs.
    public func end() {
        for child in children.withLock({ $0 }) { child.end() }
    }

    /// Whether the long versions of tests shall run; says so, so that nobody takes the short ones for them.
    public static func isLong(_ test: String) -> Bool {
        let isLong = runsLong
        say("\(test): the \(isLong ? "long" : "quick, OFFSTAGE_TEST_ALL=1 gives the long") version runs")
        return isLong
    }

    /// Whether the environment asks for the long versions.
    public static var runsLong: Bool { ProcessInfo.processInfo.environment["OFFSTAGE_TEST_ALL"] == "1" }

    /// Says a line beside the test's results.
    public static func say(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }

    /// The program that was built with the tests: it lies beside them.
    private static func program() throws -> String {
        let own =
            [CommandLine.arguments.first ?? "", Bundle.main.executablePath ?? ""] + Bundle.allBundles.map(\.bundlePath)
        let folders = own.map { URL(filePath: $0).deletingLastPathComponent().path }
        let places = folders.map { $0 + "/torture-worker" }
        guard let place = places.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw ChildError("torture-worker was not built: it is in none of \(folders)")
        }
        return place
    }
}
