// The shared folder, as the web side uses it: it stores originals there and serves thumbnails from it. An original is
// written under another name first, synced and then renamed, so once a job is accepted, its picture is complete. Names
// are made from the jobs' ids, never from what a client calls a file.

import ExampleJobs
import Foundation
import Offstage

struct PictureFolder: Sendable {
    static let originals = "originals"
    static let thumbnails = "thumbnails"

    private let folder: String

    /// Makes the folders that are missing. Throws if that is not possible.
    init(_ folder: String) throws {
        self.folder = folder
        for name in [Self.originals, Self.thumbnails] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        }
    }

    /// Makes a new file for a picture that is being received.
    func newFile() throws -> (path: String, handle: FileHandle) {
        let path = "\(folder)/\(Self.originals)/.\(UUID().uuidString).part"
        guard FileManager.default.createFile(atPath: path, contents: nil) else {
            throw WebError(description: "cannot write \(path)")
        }
        return (path, try FileHandle(forWritingTo: URL(fileURLWithPath: path)))
    }

    /// Gives a received picture the name of its job, and returns its path relative to the shared folder.
    func keep(_ picture: ReceivedPicture, for job: JobID) throws -> String {
        let path = "\(Self.originals)/\(job)"
        try FileManager.default.moveItem(atPath: picture.path, toPath: "\(folder)/\(path)")
        return path
    }

    /// Returns the bytes of a thumbnail; nil if there is none of this name.
    func thumbnail(_ name: Substring) -> [UInt8]? {
        guard name.wholeMatch(of: #/[0-9a-f\-]{36}-[0-9]{1,5}\.jpg/#) != nil else { return nil }
        let url = URL(fileURLWithPath: "\(folder)/\(Self.thumbnails)/\(name)")
        return (try? Data(contentsOf: url)).map { [UInt8]($0) }
    }
}

/// A picture that has been received, under a temporary name. Code that does not keep it must discard it.
struct ReceivedPicture: Sendable {
    var path: String
    /// The sender's name for it; only for people.
    var name: String

    func discard() { try? FileManager.default.removeItem(atPath: path) }
}
