// A file that arrives in a form and is written to the shared folder piece by piece, so that no picture is ever complete
// in this process's memory. Whether it is a picture, and of what, is for the worker to find out.

import CMicroHTTPD
import Foundation

final class PictureUpload {
    private let limit: Int
    private let folder: PictureFolder
    private var processor: OpaquePointer?
    private var file: (path: String, handle: FileHandle)?
    private var name = ""
    private var count = 0
    private var isKept = false
    /// The reason for refusing the upload, once there is one.
    private(set) var refusal: Response?

    /// Starts to receive; nil if the request is not a form with files.
    init?(_ connection: OpaquePointer, limit: Int, folder: PictureFolder) throws {
        self.limit = limit
        self.folder = folder
        processor = MHD_create_post_processor(
            connection, 32 << 10, takeField, Unmanaged.passUnretained(self).toOpaque())
        if processor == nil { return nil }
    }

    func take(_ piece: UnsafeRawBufferPointer) {
        let bytes = piece.bindMemory(to: CChar.self).baseAddress
        if MHD_post_process(processor, bytes, piece.count) != .YES, refusal == nil {
            refusal = .problem(400, "the form is not whole")
        }
    }

    /// Returns the picture, synced to the disk; nil if none arrived.
    func picture() throws -> ReceivedPicture? {
        // Only the end of a form may show that it is broken.
        guard finishForm(), let file, count > 0 else { return nil }
        try file.handle.synchronize()
        isKept = true
        return ReceivedPicture(path: file.path, name: name)
    }

    /// Ends the upload, and removes a file that was not used.
    func close() {
        _ = finishForm()
        try? file?.handle.close()
        if let file, !isKept { try? FileManager.default.removeItem(atPath: file.path) }
        file = nil
    }

    private func finishForm() -> Bool {
        guard let processor else { return true }
        self.processor = nil
        return MHD_destroy_post_processor(processor) == .YES
    }

    fileprivate func field(_ key: String, _ fileName: String?, _ bytes: UnsafeRawBufferPointer) -> MHD_Result {
        guard key == "picture", let fileName else { return .YES }
        do {
            if file == nil { (file, name) = (try folder.newFile(), fileName) }
            count += bytes.count
            guard count <= limit else {
                refusal = .problem(413, "at most \(limit >> 20) MiB, please")
                return .NO
            }
            try file?.handle.write(contentsOf: bytes)
            return .YES
        } catch {
            refusal = .problem(507, "the picture cannot be kept: \(error)")
            return .NO
        }
    }
}

private nonisolated func takeField(
    _ context: UnsafeMutableRawPointer?, _ kind: MHD_ValueKind, _ key: UnsafePointer<CChar>?,
    _ fileName: UnsafePointer<CChar>?, _ type: UnsafePointer<CChar>?, _ encoding: UnsafePointer<CChar>?,
    _ data: UnsafePointer<CChar>?, _ offset: UInt64, _ count: Int
) -> MHD_Result {
    guard let context, let key else { return .NO }
    let upload = Unmanaged<PictureUpload>.fromOpaque(context).takeUnretainedValue()
    let bytes = UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : count)
    return upload.field(String(cString: key), fileName.map { String(cString: $0) }, bytes)
}
