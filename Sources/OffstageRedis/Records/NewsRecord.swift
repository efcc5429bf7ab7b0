// An announcement as it is stored; Scripts/ends.lua describes the layout.
import OffstageCore

extension Announcement {
    /// Reads an announcement. `number` is the one that its receipt will carry.
    init(_ raw: UnsafeRawBufferPointer, number: Int64) throws {
        var reader = ByteReader(raw)
        let deliveries = Int(try reader.number(UInt32.self))
        let nonce: Int64 = try reader.number()
        let at = try reader.moment()
        let state = JobState(rawValue: Int(try reader.number(UInt8.self)))
        let job = try reader.id()
        let queue = try reader.short()
        let type = try reader.short()
        let result = try Self.optional(&reader).map { Array($0) }
        let error = try Self.optional(&reader).map { String(decoding: $0, as: UTF8.self) }
        self.init(
            receipt: AnnouncementReceipt(queue: queue, number: number, nonce: nonce), job: job, type: type,
            state: state, at: at, result: result, error: error,
            metadata: try Metadata.read(try reader.slice(reader.left)), deliveries: deliveries)
    }

    private static func optional(_ reader: inout ByteReader) throws -> UnsafeRawBufferPointer? {
        let length: UInt32 = try reader.number()
        return length == .max ? nil : try reader.slice(Int(length))
    }
}
