// Pictures for the tests, drawn here. They are large, so that a worker needs some time for each.

import CGD
import Foundation

enum Picture {
    enum Format {
        case jpeg, png
    }

    /// Writes a picture of coloured discs to a file.
    static func write(_ format: Format, width: Int32, height: Int32, to path: String) throws {
        guard let image = gdImageCreateTrueColor(width, height) else {
            throw BrowserError(description: "no memory for \(width) x \(height) pixels")
        }
        defer { gdImageDestroy(image) }
        for index in 0..<40 as Range<Int32> {
            let size = height / 4
            gdImageFilledEllipse(
                image, index * 7919 % width, index * 6007 % height, size, size, index * 0x05_1234 & 0xFF_FFFF)
        }
        var count: Int32 = 0
        let encoded =
            switch format {
            case .jpeg: gdImageJpegPtr(image, &count, 90)
            case .png: gdImagePngPtrEx(image, &count, 1)
            }
        guard let encoded else { throw BrowserError(description: "the picture cannot be encoded") }
        defer { gdFree(encoded) }
        try Data(bytes: encoded, count: Int(count)).write(to: URL(filePath: path))
    }
}
