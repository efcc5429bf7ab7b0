// A place for a test's files, in memory where the machine has such a place. It is removed when the test releases it.
import Foundation

/// A directory that is removed when the last reference to it is released.
public final class ScratchDirectory: Sendable {
    /// The directory's path.
    public let path: String

    /// Creates an empty directory in /dev/shm if that is writable, or in the temporary directory, as always with
    /// `onDisk`. Throws the file system's error.
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

    /// Returns the path of a file in the directory.
    public func file(_ name: String) -> String { path + "/" + name }
}
