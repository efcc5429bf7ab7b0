// Settlements and notes in the form that the scripts expect: the job's id, the proof that this is the lease, and what
// to write. Scripts/work.lua and Scripts/note.lua describe the layouts.
import OffstageCore

extension Token {
    /// Writes counter and attempt. The worker is sent only once per call.
    func writeProof(into writer: inout ByteWriter) {
        writer.add(counter)
        writer.add(UInt32(truncatingIfNeeded: attempt))
    }
}

extension Settlement {
    /// Writes kind, flags, run time, and the values of the kind.
    func write(into writer: inout ByteWriter) {
        writer.add(UInt8(kind.number))
        writer.add(flags)
        writer.add(ranMicroseconds ?? -1)
        switch kind {
        case .completed(let result, _): writeCompleted(result, into: &writer)
        case .retry(let when, let failure):
            writer.add(when)
            failure.write(into: &writer)
        case .discarded(let failure): failure.write(into: &writer)
        case .cancelled(let failure), .handedBack(let failure):
            writer.add(UInt8(failure == nil ? 0 : 1))
            failure?.write(into: &writer)
        case .snoozed(let when): writer.add(when)
        }
    }

    private var flags: UInt8 {
        guard case .completed(let result, let isTruncated) = kind else { return 0 }
        return (isTruncated ? 1 : 0) + (result == nil ? 0 : 2) + (followUps.isEmpty ? 0 : 4)
    }

    private func writeCompleted(_ result: [UInt8]?, into writer: inout ByteWriter) {
        if let result { writer.addSized(result) }
        guard !followUps.isEmpty else { return }
        writer.add(UInt16(followUps.count))
        for (place, job) in followUps.enumerated() {
            var record = ByteWriter()
            job.write(place: place, into: &record)
            writer.add(job.id)
            writer.addSized(record.bytes)
        }
    }
}

extension JobNote {
    /// Writes kind and value.
    func write(into writer: inout ByteWriter) {
        switch kind {
        case .started(let ago):
            writer.add(UInt8(0))
            writer.add(ago)
        case .progress(let progress):
            writer.add(UInt8(1))
            progress.write(into: &writer)
        case .checkpoint(let bytes):
            writer.add(UInt8(2))
            writer.add(bytes)
        }
    }
}
