// A file system of a few kilobytes, to be filled up or made read-only; only root can have one.
import Foundation
import OffstageCore
import OffstageTesting

/// A small tmpfs, mounted on a scratch directory.
final class SmallDisk: Sendable {
    private let folder: ScratchDirectory

    init(kibibytes: Int) throws {
        folder = try ScratchDirectory(onDisk: true)
        try Self.run("mount", "-t", "tmpfs", "-o", "size=\(kibibytes)k", "tmpfs", folder.path)
    }

    func file(_ name: String) -> String { folder.file(name) }

    func remount(_ option: String) throws { try Self.run("mount", "-o", "remount," + option, folder.path) }

    /// Must be called, whatever happened: the folder is removed only when nothing is mounted on it.
    func unmount() { try? Self.run("umount", "-l", folder.path) }

    /// Takes all the room that is left; answers the file that holds it.
    func fill() throws -> String {
        let path = file("filler")
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 1, count: 4096)
        while write(descriptor, block, block.count) > 0 {}
        return path
    }

    fileprivate static func run(_ program: String, _ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/" + program)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw StoreError.failed("\(program) \(arguments) failed") }
    }
}

/// Another mount of a folder, in which nothing can be written.
final class ReadOnlyView: Sendable {
    private let folder: ScratchDirectory

    init(of path: String) throws {
        folder = try ScratchDirectory(onDisk: true)
        try SmallDisk.run("mount", "--bind", path, folder.path)
        try SmallDisk.run("mount", "-o", "remount,ro,bind", folder.path)
    }

    func file(_ name: String) -> String { folder.file(name) }

    /// Must be called, whatever happened.
    func unmount() { try? SmallDisk.run("umount", "-l", folder.path) }
}
