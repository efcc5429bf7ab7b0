// A photograph in memory, scaled by GD. Decoding and scaling keep a core busy for much of a second, so this must run on
// a thread that may block. Files are written under another name first: a visible file is complete, and a job that runs
// twice writes the same file again.

import CGD
import Foundation

package struct PhotographError: Error, CustomStringConvertible {
    package var description: String
}

/// A thumbnail that was written.
package struct ThumbnailFile: Codable, Sendable, Equatable {
    package var path: String
    package var width: Int
    package var height: Int
    package var bytes: Int
}

package final class Photograph {
    /// The maximum number of pixels that are decoded, at four bytes each: claiming a large size costs a file's sender
    /// nothing.
    package static let mostPixels = 50_000_000

    private let image: gdImagePtr

    /// Reads a JPEG or PNG file. Throws PhotographError if it is neither, is broken, or is too large a picture.
    package init(path: String) throws {
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        guard let size = PictureSize(of: bytes) else {
            throw PhotographError(description: "this is neither a JPEG nor a PNG picture")
        }
        guard size.width > 0, size.height > 0, size.width <= Self.mostPixels / size.height else {
            let pixels = "\(size.width) x \(size.height) pixels"
            throw PhotographError(description: "\(pixels) are none or too many; \(Self.mostPixels) in all will do")
        }
        let count = Int32(bytes.count)
        let decoded =
            size.format == .jpeg
            ? gdImageCreateFromJpegPtrEx(count, &bytes, 1) : gdImageCreateFromPngPtr(count, &bytes)
        guard let decoded else { throw PhotographError(description: "this picture cannot be decoded") }
        image = decoded
    }

    private init(image: gdImagePtr) {
        self.image = image
    }

    deinit {
        gdImageDestroy(image)
    }

    package var width: Int { Int(image.pointee.sx) }
    package var height: Int { Int(image.pointee.sy) }

    /// Returns the same picture at another width, with its proportions kept. A smaller picture keeps its size.
    func scaled(toWidth wanted: Int) throws -> Photograph {
        let newWidth = min(wanted, width)
        let newHeight = max(1, Int((Double(height) * Double(newWidth) / Double(width)).rounded()))
        guard let copy = gdImageCreateTrueColor(Int32(newWidth), Int32(newHeight)) else {
            throw PhotographError(description: "no memory for \(newWidth) x \(newHeight) pixels")
        }
        // Transparent parts get a white background, not a black one.
        gdImageFilledRectangle(copy, 0, 0, Int32(newWidth) - 1, Int32(newHeight) - 1, 0xFFFFFF)
        gdImageCopyResampled(
            copy, image, 0, 0, 0, 0, Int32(newWidth), Int32(newHeight), image.pointee.sx, image.pointee.sy)
        return Photograph(image: copy)
    }

    /// Writes the picture as a JPEG file. `name` is the path by which other processes know the file.
    func write(to path: String, named name: String, quality: Int = 85) throws -> ThumbnailFile {
        var count: Int32 = 0
        guard let encoded = gdImageJpegPtr(image, &count, Int32(quality)) else {
            throw PhotographError(description: "\(path) cannot be encoded")
        }
        defer { gdFree(encoded) }
        try Data(bytes: encoded, count: Int(count)).write(to: URL(fileURLWithPath: path), options: .atomic)
        return ThumbnailFile(path: name, width: width, height: height, bytes: Int(count))
    }
}
