// The processes of one test on one store. Whatever the test does, a deferred `end` leaves none of them behind.
import Foundation
import OffstageCore
public import OffstageTesting
import Synchronization

/// All processes of one test.
public final class Crew: Sendable {
    /// The folder of the store and the test's other files.
    public let folder: ScratchDirectory
    private let children = Mutex<[Child]>([])

    /// The store's address: a path, or a Redis URL.
    public let store: String

    /// Makes a folder, on a real disk only on request. The store is a file there unless another address is given.
    public init(onDisk: Bool = false, store: String? = nil) throws {
        folder = try ScratchDirectory(onDisk: onDisk)
        self.store = store ?? folder.file("jobs.db")
    }

    /// Starts the torture worker with a command and settings, on this crew's store unless the settings name another.
    public func start(_ command: String, _ settings: [String: String] = [:]) throws -> Child {
        var settings = settings
        if settings["store"] == nil { settings["store"] = store }
        let words = settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let child = try Child(try Self.program(), [command] + words)
        children.withLock { $0.append(child) }
        return child
    }

    /// Starts the torture worker in a separate mount namespace, after shell commands that mount what it needs. The
    /// mounts end with the process, however it or the test ends.
    public func start(_ command: String, _ settings: [String: String], after mounting: String) throws -> Child {
        let words = settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let script = mounting + " && exec \"$@\""
        let child = try Child(
            Self.unshare[0], Self.unshare.dropFirst() + ["sh", "-c", script, "sh", try Self.program(), command] + words)
        children.withLock { $0.append(child) }
        return child
    }

    /// Whether this user may mount in a separate namespace.
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

    /// Kills all processes that still run.
    public func end() {
        for child in children.withLock({ $0 }) { child.end() }
    }

    /// Returns whether the long versions of tests should run. Prints which version runs, so that the short one is not
    /// taken for the long one.
    public static func isLong(_ test: String) -> Bool {
        let isLong = runsLong
        say("\(test): the \(isLong ? "long" : "quick, OFFSTAGE_TEST_ALL=1 gives the long") version runs")
        return isLong
    }

    /// Whether the environment requests the long versions.
    public static var runsLong: Bool { ProcessInfo.processInfo.environment["OFFSTAGE_TEST_ALL"] == "1" }

    /// Prints a line next to the test's results.
    public static func say(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }

    /// Returns the path of the program, which is built with the tests and in the same folder.
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
