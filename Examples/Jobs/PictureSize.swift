// The size that a picture claims, read from the head of its file before anything is decoded: a file of a few kilobytes
// can claim a picture of gigabytes.

/// The format and size that a picture's file claims.
struct PictureSize {
    enum Format {
        case jpeg, png
    }

    let format: Format
    let width: Int
    let height: Int

    /// Reads the head of a file; nil if it is neither JPEG nor PNG.
    init?(of bytes: [UInt8]) {
        func number(at offset: Int, _ length: Int) -> Int? {
            guard offset + length <= bytes.count else { return nil }
            return bytes[offset..<offset + length].reduce(0) { $0 << 8 | Int($1) }
        }
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            // The first chunk of a PNG is IHDR, which begins with the two numbers.
            guard let width = number(at: 16, 4), let height = number(at: 20, 4) else { return nil }
            (format, self.width, self.height) = (.png, width, height)
            return
        }
        guard bytes.starts(with: [0xFF, 0xD8]) else { return nil }
        // A JPEG is a chain of segments: 0xFF, a kind, a length. The segment that starts the frame has the numbers.
        var at = 2
        while let mark = number(at: at, 1), let kind = number(at: at + 1, 1), mark == 0xFF {
            switch kind {
            case 0xFF:
                at += 1
            case 0x01, 0xD0...0xD7:
                at += 2
            case 0xC0...0xCF where ![0xC4, 0xC8, 0xCC].contains(kind):
                guard let height = number(at: at + 5, 2), let width = number(at: at + 7, 2) else { return nil }
                (format, self.width, self.height) = (.jpeg, width, height)
                return
            case 0xD9, 0xDA:
                return nil
            default:
                guard let length = number(at: at + 2, 2) else { return nil }
                at += 2 + length
            }
        }
        return nil
    }
}
