// The submitted part of a job as it is stored. The enqueuing program writes it from the place in the call onward, the
// script adds the times and the block, and it is read back when a job is reserved or shown. Scripts/records.lua
// describes the layout.
import OffstageCore

/// The flags of an extras block.
private enum Extra {
    static let unique: UInt8 = 1
    static let returnQueue: UInt8 = 2
    static let expires: UInt8 = 4
    static let expiresAfter: UInt8 = 8
    static let start: UInt8 = 16
    static let startAfter: UInt8 = 32
    static let parent: UInt8 = 64
    static let timeout: UInt8 = 128
}

extension NewJob {
    /// Whether the job needs no extras block.
    var isPlain: Bool {
        start == .now && timeoutMicroseconds == nil && expires == nil && unique == nil && tags.isEmpty
            && metadata.isEmpty && parent == nil && returnQueue == nil
    }

    /// The line that the job joins if it is available at once.
    var line: String { "\(priority)|\(queue)|\(type)" }

    /// Writes the record from byte 25 on. `place` is the job's index in its call.
    func write(place: Int, into writer: inout ByteWriter) {
        writer.add(UInt16(place))
        writer.add(digest)
        let isPlain = isPlain
        writer.add(UInt8((callerChoseID ? 1 : 0) + (isPlain ? 0 : 2)))
        writer.add(UInt8(priority))
        writer.add(UInt16(maxAttempts))
        writer.add(UInt8(queue.utf8.count))
        writer.add(UInt8(type.utf8.count))
        writer.add(queue)
        writer.add(type)
        if !isPlain { writeExtras(into: &writer) }
        writer.add(arguments)
    }

    private var extraFlags: UInt8 {
        var flags: UInt8 = 0
        if unique != nil { flags |= Extra.unique }
        if returnQueue != nil { flags |= Extra.returnQueue }
        if parent != nil { flags |= Extra.parent }
        if timeoutMicroseconds != nil { flags |= Extra.timeout }
        switch expires {
        case nil: break
        case .at: flags |= Extra.expires
        case .now, .after: flags |= Extra.expires | Extra.expiresAfter
        }
        switch start {
        case .now: break
        case .at: flags |= Extra.start
        case .after: flags |= Extra.start | Extra.startAfter
        }
        return flags
    }

    private static func microseconds(_ when: When?) -> Int64 {
        switch when {
        case nil, .now: 0
        case .after(let delay): min(max(0, delay.microseconds), Timestamp.never)
        case .at(let moment): moment.capped
        }
    }

    private func writeExtras(into writer: inout ByteWriter) {
        var labels = ByteWriter()
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            labels.addSized(Array(key.utf8))
            labels.addSized(Array(value.utf8))
        }
        let metadataLength = labels.bytes.count
        for tag in tags { labels.addShort(tag) }
        let key = Array((unique?.key ?? "").utf8)
        let name = Array((returnQueue ?? "").utf8)
        writer.add(UInt32(64 + key.count + name.count + labels.bytes.count))
        writer.add(extraFlags)
        writer.add(timeoutMicroseconds ?? 0)
        writer.add(Self.microseconds(expires))
        writer.add(Self.microseconds(start))
        writer.add(UInt8(unique?.release.rawValue ?? 0))
        writer.add(UInt8(unique?.onConflict.rawValue ?? 0))
        writer.add(unique?.window.map { min($0.microseconds, Timestamp.never) } ?? -1)
        writer.add(UInt16(key.count))
        writer.add(UInt8(name.count))
        writer.add(UInt32(metadataLength))
        writer.add(UInt16(labels.bytes.count - metadataLength))
        writer.add(parent ?? JobID(high: 0, low: 0))
        writer.add(key)
        writer.add(name)
        writer.add(labels.bytes)
    }
}

/// A stored record of what was submitted.
struct AskedRecord {
    var enqueuedAt: Timestamp
    var runAt: Timestamp
    var priority: Int
    var maxAttempts: Int
    var queue: String
    var type: String
    var timeoutMicroseconds: Int64?
    var expiresAt: Timestamp?
    var uniqueKey: String?
    var returnQueue: String?
    var parent: JobID?
    var metadata: [String: String] = [:]
    var tags: [String] = []
    var arguments: [UInt8] = []

    /// Reads a record. `names` caches the names of the previous record, which are usually the same.
    init(_ raw: UnsafeRawBufferPointer, names: inout LaneNames) throws {
        var reader = ByteReader(raw)
        enqueuedAt = try reader.moment()
        runAt = try reader.moment()
        try reader.skip(8 + 2 + 8)
        let flags: UInt8 = try reader.number()
        priority = Int(try reader.number(UInt8.self))
        maxAttempts = Int(try reader.number(UInt16.self))
        let queueLength = Int(try reader.number(UInt8.self))
        let typeLength = Int(try reader.number(UInt8.self))
        (queue, type) = names.read(queue: try reader.slice(queueLength), type: try reader.slice(typeLength))
        if flags & 2 != 0 { try readExtras(&reader) }
        arguments = try reader.bytes(reader.left)
    }

    private mutating func readExtras(_ reader: inout ByteReader) throws {
        try reader.skip(4)
        let flags: UInt8 = try reader.number()
        let timeout: Int64 = try reader.number()
        let expires: Int64 = try reader.number()
        try reader.skip(8 + 2 + 8)
        let keyLength = Int(try reader.number(UInt16.self))
        let nameLength = Int(try reader.number(UInt8.self))
        let metadataLength = Int(try reader.number(UInt32.self))
        let tagsLength = Int(try reader.number(UInt16.self))
        let parent = try reader.id()
        let key = try reader.text(keyLength)
        let name = try reader.text(nameLength)
        if flags & Extra.timeout != 0 { timeoutMicroseconds = timeout }
        if flags & Extra.expires != 0 { expiresAt = Timestamp(kept: expires) }
        if flags & Extra.parent != 0 { self.parent = parent }
        if flags & Extra.unique != 0 { uniqueKey = key }
        if flags & Extra.returnQueue != 0 { returnQueue = name }
        metadata = try Metadata.read(try reader.slice(metadataLength))
        var labels = ByteReader(try reader.slice(tagsLength))
        while labels.left > 0 { tags.append(try labels.short()) }
    }
}

/// Metadata as stored in records.
enum Metadata {
    static func read(_ raw: UnsafeRawBufferPointer) throws -> [String: String] {
        var reader = ByteReader(raw)
        var metadata: [String: String] = [:]
        while reader.left > 0 {
            let key = String(decoding: try reader.sized(), as: UTF8.self)
            metadata[key] = String(decoding: try reader.sized(), as: UTF8.self)
        }
        return metadata
    }
}

/// The names of the lane read last, so that a batch of one lane creates its strings only once.
struct LaneNames {
    private var queue = ""
    private var type = ""

    mutating func read(queue rawQueue: UnsafeRawBufferPointer, type rawType: UnsafeRawBufferPointer) -> (
        String, String
    ) {
        if !Self.isSame(queue, rawQueue) { queue = String(decoding: rawQueue, as: UTF8.self) }
        if !Self.isSame(type, rawType) { type = String(decoding: rawType, as: UTF8.self) }
        return (queue, type)
    }

    private static func isSame(_ text: String, _ raw: UnsafeRawBufferPointer) -> Bool {
        text.utf8.count == raw.count && text.utf8.elementsEqual(raw)
    }
}
