// The body of the watcher's thread: take orders, sleep until a descriptor is ready or a deadline passes, serve, repeat.
// Everything here belongs to that thread alone.
import CSystem
import OffstageSystem

/// The watcher's loop and the state that it owns.
final class WatchLoop {
    private struct Place {
        var program: RunningProgram
        var stream: RunningProgram.Stream
    }

    private let mailbox: WatcherMailbox
    private var programs: [UInt64: RunningProgram] = [:]
    private var deadKeepers: [Int32] = []
    private var isClosing = false
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)
    private var watched: [pollfd] = []
    private var places: [Place] = []

    init(_ mailbox: WatcherMailbox) { self.mailbox = mailbox }

    /// Runs until the loop is told to close and no program runs.
    func run() {
        while !(isClosing && programs.isEmpty && deadKeepers.isEmpty) {
            gather()
            Descriptor.wait(for: &watched, milliseconds: patience())
            if watched[0].revents != 0 { obey() }
            for (index, place) in places.enumerated() where watched[index + 1].revents != 0 {
                place.program.serve(place.stream, buffer: &buffer)
            }
            let now = offstage_monotonic_ns()
            for program in programs.values { program.keepDeadlines(now: now, buffer: &buffer) }
            bury()
        }
    }

    private func gather() {
        watched.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        watched.append(pollfd(fd: mailbox.reading, events: Int16(POLLIN), revents: 0))
        for program in programs.values {
            for stream in RunningProgram.Stream.allCases {
                guard let descriptor = program.wanted(stream) else { continue }
                let events = stream == .input ? POLLOUT : POLLIN
                watched.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
                places.append(Place(program: program, stream: stream))
            }
        }
    }

    /// The milliseconds until the next deadline; negative if there is none.
    private func patience() -> Int32 {
        // A keeper ends microseconds after its last message; check again soon.
        if !deadKeepers.isEmpty { return 5 }
        guard let next = programs.values.compactMap(\.deadline).min() else { return -1 }
        let left = (next - offstage_monotonic_ns() + 999_999) / 1_000_000
        return Int32(clamping: max(0, left))
    }

    private func obey() {
        for order in mailbox.collect() {
            switch order {
            case .start(let number, let launch, let channel): programs[number] = RunningProgram.start(launch, channel)
            case .stop(let number): programs[number]?.stop(now: offstage_monotonic_ns())
            case .look: break
            case .close: isClosing = true
            }
        }
    }

    private func bury() {
        for (number, program) in programs where program.isOver {
            programs[number] = nil
            deadKeepers.append(program.keeper)
        }
        var status: Int32 = 0
        deadKeepers.removeAll { waitpid($0, &status, WNOHANG) != 0 }
    }
}
