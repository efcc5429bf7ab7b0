// One thread reads what all components write, cuts it into lines, and hands each to its file and to the console. It
// is the only one that touches them, so lines never mix. Watched files are looked at every half second. A console
// that does not take more makes this thread wait, and then the components that write: as in any pipeline.
import CSystem
package import OffstageCore
import OffstageSystem
import Synchronization

/// The reader of all output.
package final class LogPump: Sendable {
    private struct Stream {
        var descriptor: Int32
        var component: String
        var instance: String
        var source: LogLine.Source
        var isNoise: (@Sendable (String) -> Bool)?
        var cutter = LineCutter()
    }

    private struct State {
        var arriving: [Stream] = []
        var said: [LogLine] = []
        var watched: [WatchedFile] = []
        var isStopping = false
        var waiters: [CheckedContinuation<Void, Never>] = []
        var isDone = false
    }

    private let state = Mutex(State())
    private let wake: WakePipe
    private let folder: String?
    private let time: any TimeSource
    private let show: @Sendable ([LogLine]) -> Void

    /// Starts the thread. `folder` is where files are kept, nil for nowhere; `show` is called on that thread.
    package init(
        folder: String?, time: any TimeSource, show: @escaping @Sendable ([LogLine]) -> Void
    ) throws(ComponentError) {
        do { wake = try WakePipe() } catch { throw ComponentError("cannot make a pipe for logs: \(error)") }
        self.folder = folder
        self.time = time
        self.show = show
        guard SystemThread.start({ [self] in run() }) == 0 else {
            throw ComponentError("cannot start a thread for logs")
        }
    }

    /// Takes over a pipe, which is closed at its end; lines of it that are noise are dropped.
    func read(
        _ descriptor: Int32?, of name: InstanceName, source: LogLine.Source,
        without isNoise: (@Sendable (String) -> Bool)? = nil
    ) {
        guard let descriptor else { return }
        let stream = Stream(
            descriptor: descriptor, component: name.component, instance: name.short, source: source, isNoise: isNoise)
        tell { $0.arriving.append(stream) }
    }

    /// Follows a file from its present end on.
    func follow(_ path: String, component: String, log: String) {
        let file = WatchedFile(path: path, component: component, log: log)
        tell { $0.watched.append(file) }
    }

    /// Says a line in the supervisor's own voice.
    package func say(_ text: String, about component: String = "offstage", instance: String = "-") {
        let line = LogLine(
            time: time.now(), component: component, instance: instance, source: .supervisor, text: text)
        tell { $0.said.append(line) }
    }

    /// Reads what is left and ends.
    package func finish() async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if !state.isDone { state.waiters.append(continuation) }
                return state.isDone
            }
            if isDone { continuation.resume() }
            tell { $0.isStopping = true }
        }
    }

    /// The same, but waits no longer than this for a console that takes nothing; answers whether it came to its end.
    /// The thread is still in there if not, and so is whoever writes to that console.
    package func finish(within limit: Duration) async -> Bool {
        tell { $0.isStopping = true }
        for _ in 0..<max(1, limit.microseconds / 10_000) {
            if state.withLock({ $0.isDone }) { return true }
            try? await time.sleep(for: .milliseconds(10))
        }
        return false
    }

    private func tell(_ change: (inout State) -> Void) {
        state.withLock { state in change(&state) }
        wake.wake()
    }

    private func run() {
        var streams: [Stream] = []
        var watched: [WatchedFile] = []
        var files: [String: LogFile] = [:]
        var problem: Int32 = 0
        while true {
            let (said, isStopping) = state.withLock { state in
                streams += state.arriving
                watched += state.watched
                (state.arriving, state.watched) = ([], [])
                defer { state.said = [] }
                return (state.said, state.isStopping)
            }
            var lines = said
            for index in streams.indices { lines += read(&streams[index]) }
            for index in watched.indices { lines += watched[index].lines(now: time.now()) }
            streams.removeAll { $0.descriptor < 0 }
            let isQuiet = lines.isEmpty
            hand(lines, &files, &problem)
            if isStopping, isQuiet { break }
            if isQuiet { rest(streams, watchesFiles: !watched.isEmpty) }
        }
        for stream in streams { _ = close(stream.descriptor) }
        for name in files.keys { files[name]?.close() }
        let waiters = state.withLock { state in
            state.isDone = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Keeps and shows lines. That they cannot be kept is told once, until they can be again.
    private func hand(_ lines: [LogLine], _ files: inout [String: LogFile], _ problem: inout Int32) {
        guard !lines.isEmpty else { return }
        var shown = lines
        if let folder {
            for line in lines {
                let file = LogFile("\(folder)/\(line.component).log")
                let now = files[line.component, default: file].append(line.kept)
                if now != 0, problem == 0 {
                    let told = "logs cannot be written in \(folder): \(LibC.reason(now)); they are shown only"
                    shown.append(
                        LogLine(time: time.now(), component: "offstage", instance: "-", source: .supervisor, text: told)
                    )
                }
                problem = now
            }
        }
        show(shown)
    }

    /// What one pipe has, up to a MiB at once, so that a talkative component does not keep the others waiting.
    private func read(_ stream: inout Stream) -> [LogLine] {
        var texts: [String] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        for _ in 0..<16 {
            let count = LibC.read(stream.descriptor, &buffer, buffer.count)
            if count > 0 {
                texts += stream.cutter.add(buffer[..<count])
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                if let last = stream.cutter.finish() { texts.append(last) }
                _ = close(stream.descriptor)
                stream.descriptor = -1
                break
            } else {
                break
            }
        }
        if let isNoise = stream.isNoise { texts.removeAll(where: isNoise) }
        let now = time.now()
        return texts.map {
            LogLine(
                time: now, component: stream.component, instance: stream.instance, source: stream.source, text: $0)
        }
    }

    private func rest(_ streams: [Stream], watchesFiles: Bool) {
        var watched = streams.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        watched.append(pollfd(fd: wake.reading, events: Int16(POLLIN), revents: 0))
        _ = poll(&watched, nfds_t(watched.count), watchesFiles ? 500 : -1)
        wake.drain()
    }
}
