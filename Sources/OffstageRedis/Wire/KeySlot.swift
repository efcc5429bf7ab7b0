// Which of the cluster's 16,384 slots a key belongs to, by the cluster's specification: CRC16 (XMODEM) of the text in
// the key's first braces, or of the whole key if there is none.

enum KeySlot {
    static let count = 16_384

    private static let table: [UInt16] = (0..<256).map { index in
        (0..<8).reduce(UInt16(index) << 8) { sum, _ in sum & 0x8000 == 0 ? sum << 1 : sum << 1 ^ 0x1021 }
    }

    /// The slot of a key.
    static func of(_ key: String) -> Int {
        let bytes = Array(key.utf8)
        var tag = bytes[...]
        if let open = bytes.firstIndex(of: UInt8(ascii: "{")),
            let close = bytes[(open + 1)...].firstIndex(of: UInt8(ascii: "}")), close > open + 1
        {
            tag = bytes[(open + 1)..<close]
        }
        let sum = tag.reduce(UInt16(0)) { sum, byte in sum << 8 ^ table[Int(sum >> 8 ^ UInt16(byte))] }
        return Int(sum) % count
    }
}
