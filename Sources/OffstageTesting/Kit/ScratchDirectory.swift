// A place for a test's files, in memory where the machine has such a place, gone when the test lets go of it.
import Foundation

/// A directory that is removed when the last reference to it goes.
public final class ScratchDirectory: Sendable {
    /// The directory's path.
    public let path: String

    /// Creates an empty directory, on /dev/shm unless a real disk is asked for. Throws what the file system threw.
    public init(onDisk: Bool = false) throws {
        let isInMemory = !onDisk && FileManager.default.isWritableFile(atPath: "/dev/shm")
        let parent = isInMemory ? "/dev/shm" : NSTemporaryDirectory()
        path = parent + "/offstage-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // What cannot be removed is left to the system, which clears both places.
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The path of a file in it.
    public func file(_ name: String) -> String { path + "/" + name }
}
