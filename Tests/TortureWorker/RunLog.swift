// Appends the handlers' lines to the file that all worker processes of a test share.
import Foundation
import OffstageCore
import TestProcesses

struct RunLog: Sendable {
    private let descriptor: Int32
    private let clock = SystemTime()

    init(_ path: String) {
        descriptor = path.isEmpty ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    }

    func note(_ kind: RunLine.Kind, _ job: ReservedJob) {
        guard descriptor >= 0 else { return }
        let line = RunLine(kind, job, pid: Int(getpid()), at: clock.monotonicMicroseconds()).text + "\n"
        let bytes = Array(line.utf8)
        _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
}
