// One thread reads the output of all components, cuts it into lines, and passes each to its file and to the console. No
// other thread touches them, so lines never mix. Watched files are read every half second. A console that stops reading
// blocks this thread, and then the components that write, as in any pipeline.
import CSystem
package import OffstageCore
import OffstageSystem
import Synchronization

/// Reads the output of all components.
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

    /// Starts the thread. `folder` is the folder for log files; nil keeps none. `show` is called on that thread. Throws
    /// if it cannot create a pipe or a thread.
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

    /// Takes ownership of a pipe and closes it at its end. Drops lines for which `isNoise` returns true.
    func read(
        _ descriptor: Int32?, of name: InstanceName, source: LogLine.Source,
        without isNoise: (@Sendable (String) -> Bool)? = nil
    ) {
        guard let descriptor else { return }
        let stream = Stream(
            descriptor: descriptor, component: name.component, instance: name.short, source: source, isNoise: isNoise)
        tell { $0.arriving.append(stream) }
    }

    /// Follows a file from its current end.
    func follow(_ path: String, component: String, log: String) {
        let file = WatchedFile(path: path, component: component, log: log)
        tell { $0.watched.append(file) }
    }

    /// Logs a line of the supervisor.
    package func say(_ text: String, about component: String = "offstage", instance: String = "-") {
        let line = LogLine(
            time: time.now(), component: component, instance: instance, source: .supervisor, text: text)
        tell { $0.said.append(line) }
    }

    /// Reads what is left, ends the thread, and returns when it has ended.
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

    /// Does the same, but waits at most `limit` for a console that does not read. Returns whether the thread ended. If
    /// it returns false, the thread is still blocked in `show`, and so is any other writer to that console.
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

    /// Stores and shows lines. Reports once that they cannot be stored, until they can be again.
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

    /// Reads one pipe, at most a MiB at once, so that a talkative component does not delay the others.
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
