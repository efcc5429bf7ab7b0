// What a worker reports about itself, as it is stored. Scripts/suspects.lua parses the flags, queues and types.
import OffstageCore

extension WorkerStatus {
    /// Writes the status without the id, which is the name of its field.
    func write(into writer: inout ByteWriter) {
        writer.addSized(Array(host.utf8))
        writer.add(Int64(pid))
        writer.add(startedAt)
        writer.add(Int64(concurrency))
        writer.add(UInt8((isQuiet ? 1 : 0) + (queues == nil ? 0 : 2)))
        writer.add(UInt32(queues?.count ?? 0))
        for queue in queues ?? [] { writer.addShort(queue) }
        writer.add(UInt32(types.count))
        for type in types { writer.addShort(type) }
    }

    /// Reads a status.
    init(id: WorkerID, _ raw: UnsafeRawBufferPointer) throws {
        var reader = ByteReader(raw)
        let host = String(decoding: try reader.sized(), as: UTF8.self)
        let pid: Int64 = try reader.number()
        let startedAt = try reader.moment()
        let concurrency: Int64 = try reader.number()
        let flags: UInt8 = try reader.number()
        var queues: [String] = []
        for _ in 0..<(try reader.number(UInt32.self)) { queues.append(try reader.short()) }
        var types: [String] = []
        for _ in 0..<(try reader.number(UInt32.self)) { types.append(try reader.short()) }
        self.init(
            id: id, host: host, pid: Int(pid), startedAt: startedAt, queues: flags & 2 == 0 ? nil : queues,
            types: types, concurrency: Int(concurrency), isQuiet: flags & 1 != 0)
    }
}
