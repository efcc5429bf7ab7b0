// A photograph in memory, rescaled by GD. Decoding and scaling keep a core busy for a good part of a second, so this
// belongs on a thread that may block. Files are written under another name first: one that can be seen is whole, and a
// job that runs twice writes the same file again.

import CGD
import Foundation

struct PhotographError: Error, CustomStringConvertible {
    var description: String
}

/// A thumbnail as it was written.
struct ThumbnailFile: Codable, Sendable, Equatable {
    var path: String
    var width: Int
    var height: Int
    var bytes: Int
}

final class Photograph {
    private let image: gdImagePtr

    /// Reads a JPEG or PNG file.
    init(path: String) throws {
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let count = Int32(bytes.count)
        let decoded: gdImagePtr?
        if bytes.starts(with: [0xFF, 0xD8]) {
            decoded = gdImageCreateFromJpegPtrEx(count, &bytes, 1)
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
            decoded = gdImageCreateFromPngPtr(count, &bytes)
        } else {
            throw PhotographError(description: "\(path) is neither JPEG nor PNG")
        }
        guard let decoded else { throw PhotographError(description: "\(path) cannot be decoded") }
        image = decoded
    }

    private init(image: gdImagePtr) {
        self.image = image
    }

    deinit {
        gdImageDestroy(image)
    }

    var width: Int { Int(image.pointee.sx) }
    var height: Int { Int(image.pointee.sy) }

    /// The same picture at another width, its proportions kept; one that is smaller already keeps its size.
    func scaled(toWidth wanted: Int) throws -> Photograph {
        let newWidth = min(wanted, width)
        let newHeight = max(1, Int((Double(height) * Double(newWidth) / Double(width)).rounded()))
        guard let copy = gdImageCreateTrueColor(Int32(newWidth), Int32(newHeight)) else {
            throw PhotographError(description: "no memory for \(newWidth) x \(newHeight) pixels")
        }
        gdImageCopyResampled(
            copy, image, 0, 0, 0, 0, Int32(newWidth), Int32(newHeight), image.pointee.sx, image.pointee.sy)
        return Photograph(image: copy)
    }

    /// Writes the picture as a JPEG file.
    func write(to path: String, quality: Int = 85) throws -> ThumbnailFile {
        var count: Int32 = 0
        guard let encoded = gdImageJpegPtr(image, &count, Int32(quality)) else {
            throw PhotographError(description: "\(path) cannot be encoded")
        }
        defer { gdFree(encoded) }
        try Data(bytes: encoded, count: Int(count)).write(to: URL(fileURLWithPath: path), options: .atomic)
        return ThumbnailFile(path: path, width: width, height: height, bytes: Int(count))
    }
}
