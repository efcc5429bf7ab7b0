// One program from its start to its end, as the watcher's thread sees it: its descriptors, what came through them so
// far, and how far the stop has gone. A program has ended when its keeper reports it. After that only what was in the
// pipes at that moment is read, so a process that left the group and holds a pipe open delays nothing.
import CSystem
import OffstageCore
import OffstageSystem

/// A started program; belongs to the watcher's thread.
final class RunningProgram {
    /// The streams between this process and the program.
    enum Stream: CaseIterable {
        case input, output, errors, reports, status
    }

    /// How far the stop has gone; the deadlines are in nanoseconds.
    enum Urgency {
        case none
        case asked(killAt: Int64)
        case killed(giveUpAt: Int64)
    }

    /// How long a keeper may take to report that it has killed its group, in nanoseconds.
    private static let keeperPatience: Int64 = 5_000_000_000

    let keeper: Int32
    private(set) var isOver = false
    private let channel: ProgramChannel
    private let limits: ProgramLimits
    private let grace: Int64
    private let reportPause: Int64
    /// Until when reports gather in their pipe, in nanoseconds.
    private var reportsPausedUntil: Int64 = 0
    /// Reports that were read and not passed on yet.
    private var reports: [ProgramEvent] = []
    private var descriptors: [Stream: Int32]
    private var life: Int32
    private var input: ArraySlice<UInt8>
    private var output: HeadBytes
    private var errorTail: TailBytes
    private var errorLines: LineBuffer
    private var reportLines: LineBuffer
    private var group: Int32 = 0
    private var snooze: Duration?
    private var retry: Duration?
    private var urgency = Urgency.none

    /// Starts a program. If that fails, reports the end to the channel and returns nil.
    static func start(_ launch: ProgramLaunch, _ channel: ProgramChannel) -> RunningProgram? {
        var started = offstage_program()
        let problem = launch.environment.bytes.withUnsafeBytes { environment in
            (launch.file ?? []).withUnsafeBytes { file in
                offstage_program_start(
                    launch.command, environment.baseAddress?.assumingMemoryBound(to: CChar.self),
                    launch.environment.count, launch.file == nil ? nil : file.baseAddress, file.count, &started)
            }
        }
        guard problem == 0 else {
            channel.finish(ProgramEnd(status: .refused(problem)))
            return nil
        }
        return RunningProgram(launch, started, channel)
    }

    private init(_ launch: ProgramLaunch, _ started: offstage_program, _ channel: ProgramChannel) {
        self.channel = channel
        limits = launch.limits
        keeper = started.keeper
        life = started.life
        descriptors = [
            .input: started.input, .output: started.output, .errors: started.errors, .reports: started.reports,
            .status: started.status,
        ]
        input = launch.input[...]
        input.append(UInt8(ascii: "\n"))
        grace = launch.grace.microseconds * 1000
        reportPause = launch.reportPause.microseconds * 1000
        output = HeadBytes(limit: limits.outputBytes)
        errorTail = TailBytes(limit: limits.errorTailBytes)
        errorLines = LineBuffer(limit: limits.errorLineBytes, excess: .split)
        let start = ReportLine.checkpointStart
        reportLines = LineBuffer(
            limit: limits.reportLineBytes, excess: .drop,
            exception: .init(start: start, limit: start.count + limits.checkpointBytes))
    }

    /// The descriptor to poll for a stream; nil if there is nothing to do with it now.
    func wanted(_ stream: Stream) -> Int32? {
        guard let descriptor = descriptors[stream] else { return nil }
        switch stream {
        case .reports where reportsPausedUntil > offstage_monotonic_ns(): return nil
        case .errors, .reports: return channel.pausesIfFull() ? nil : descriptor
        case .input, .output, .status: return descriptor
        }
    }

    /// Reads or writes a stream that is ready.
    func serve(_ stream: Stream, buffer: inout [UInt8]) {
        guard let descriptor = descriptors[stream] else { return }
        switch stream {
        case .input: feed(descriptor)
        case .status: hearKeeper(descriptor, buffer: &buffer)
        case .output, .errors, .reports:
            if read(stream, descriptor, limit: buffer.count, buffer: &buffer) == .over { close(stream) }
            // A long line is read to its end; otherwise each piece of it would cost a pause.
            if stream == .reports, reportPause > 0, !reportLines.isInLine {
                reportsPausedUntil = offstage_monotonic_ns() + reportPause
            }
        }
    }
}

// How a program is asked to end, killed, and given up.
extension RunningProgram {
    /// The next moment at which something must be done that no descriptor announces, in nanoseconds; nil if there is
    /// none.
    var deadline: Int64? {
        guard descriptors[.reports] != nil, reportsPausedUntil > offstage_monotonic_ns() else { return killingDeadline }
        return min(killingDeadline ?? .max, reportsPausedUntil)
    }

    /// When the program must be killed, or its keeper given up.
    private var killingDeadline: Int64? {
        switch urgency {
        case .none: nil
        case .asked(let killAt): killAt
        case .killed(let giveUpAt): giveUpAt
        }
    }

    /// Asks the program to end. It is killed when its grace period has passed.
    func stop(now: Int64) {
        guard case .none = urgency else { return }
        _ = Descriptor.write([1], to: life)
        urgency = .asked(killAt: now + grace)
    }

    /// Kills a program that was asked to end and has not, and gives up a keeper that does not reply.
    func keepDeadlines(now: Int64, buffer: inout [UInt8]) {
        guard !isOver, let killingDeadline, now >= killingDeadline else { return }
        if case .asked = urgency {
            closeLife()
            urgency = .killed(giveUpAt: now + Self.keeperPatience)
        } else {
            lose(buffer: &buffer)
        }
    }

    /// Closes the life pipe, upon which the keeper kills the program.
    private func closeLife() {
        Descriptor.close(life)
        life = -1
    }

    /// Ends the run without the keeper, because the keeper was killed or stopped.
    private func lose(buffer: inout [UInt8]) {
        if keeper > 1 { LibC.kill(keeper, SIGKILL) }
        if group > 1 { LibC.kill(-group, SIGKILL) }
        let isAsked = if case .none = urgency { false } else { true }
        let status: ProgramEnd.Status = group == 0 ? .machineShort("its keeper was killed") : .signalled(9)
        finish(status, wasStopped: isAsked, buffer: &buffer)
    }

    private func hearKeeper(_ descriptor: Int32, buffer: inout [UInt8]) {
        while !isOver {
            switch Descriptor.read(descriptor, into: &buffer, limit: 4) {
            case .blocked: return
            case .over: lose(buffer: &buffer)
            case .moved:
                let word = buffer.withUnsafeBytes { $0.loadUnaligned(as: Int32.self) }
                if word < 0 {
                    finish(.refused(-word), buffer: &buffer)
                } else if group == 0 {
                    group = word
                } else {
                    hearEnd(Int(word), buffer: &buffer)
                }
            }
        }
    }

    private func hearEnd(_ word: Int, buffer: inout [UInt8]) {
        let stopped = Int(OFFSTAGE_WAS_STOPPED)
        let ending = word & ~stopped
        finish(
            ending < 256 ? .exited(ending) : .signalled(ending - 256), wasStopped: word & stopped != 0,
            buffer: &buffer)
    }

    private func finish(_ status: ProgramEnd.Status, wasStopped: Bool = false, buffer: inout [UInt8]) {
        for stream in [Stream.output, .errors, .reports] { drain(stream, buffer: &buffer) }
        errorLines.finish { tellError($0) }
        reportLines.finish { tellReport($0) }
        passReportsOn()
        for stream in Stream.allCases { close(stream) }
        closeLife()
        isOver = true
        var end = ProgramEnd(status: status, wasStopped: wasStopped)
        (end.output, end.outputTruncated) = output.value
        end.errorTail = errorTail.text
        end.snooze = snooze
        end.retry = retry
        channel.finish(end)
    }
}

// What goes through the pipes.
extension RunningProgram {
    private func feed(_ descriptor: Int32) {
        switch Descriptor.write(input, to: descriptor) {
        case .blocked: return
        case .over: input = []
        case .moved(let count): input.removeFirst(count)
        }
        if input.isEmpty { close(.input) }
    }

    private func read(_ stream: Stream, _ descriptor: Int32, limit: Int, buffer: inout [UInt8]) -> Transfer {
        let transfer = Descriptor.read(descriptor, into: &buffer, limit: limit)
        guard case .moved(let count) = transfer else { return transfer }
        let bytes = buffer[..<count]
        switch stream {
        case .output: output.feed(bytes)
        case .errors:
            errorTail.feed(bytes)
            errorLines.feed(bytes) { tellError($0) }
        case .reports:
            reportLines.feed(bytes) { tellReport($0) }
            passReportsOn()
        case .input, .status: break
        }
        return transfer
    }

    /// Reads what is in a pipe now, and nothing that is written later.
    private func drain(_ stream: Stream, buffer: inout [UInt8]) {
        guard let descriptor = descriptors[stream] else { return }
        var left = offstage_pending_bytes(descriptor)
        while left > 0, case .moved(let count) = read(stream, descriptor, limit: left, buffer: &buffer) {
            left -= count
        }
    }

    private func close(_ stream: Stream) {
        if let descriptor = descriptors.removeValue(forKey: stream) { Descriptor.close(descriptor) }
    }

    private func tellError(_ piece: LineBuffer.Piece) {
        guard case .line(let bytes) = piece else { return }
        channel.put(.errorLine(String(decoding: bytes, as: UTF8.self)))
    }

    private func tellReport(_ piece: LineBuffer.Piece) {
        switch piece {
        case .overlong(let start):
            let shown = Names.quoted(String(decoding: start, as: UTF8.self))
            reports.append(.badReport("a line that begins with \(shown) is over the limit"))
        case .line(let bytes):
            switch ReportLine(bytes, checkpointLimit: limits.checkpointBytes) {
            case .progress(let fraction, let note): reports.append(.progress(fraction, note: note))
            case .checkpoint(let value): reports.append(.checkpoint(value))
            case .snooze(let duration): snooze = duration
            case .retry(let duration): retry = duration
            case .bad(let reason): reports.append(.badReport(reason))
            }
        }
    }

    /// Passes on the reports that were read together; only the newest ones if reports gather.
    private func passReportsOn() {
        for event in reportPause > 0 ? ProgramEvent.newest(of: reports) : reports { channel.put(event) }
        reports.removeAll(keepingCapacity: true)
    }
}
