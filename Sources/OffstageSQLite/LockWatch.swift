// Watches how long this process waits for the writer lock. A process that holds it for longer than 5 s is named in the
// log, once. When the wait exceeds the store's patience, the queued calls fail with the same name, and nothing of them
// has been done. The writing thread cannot do that, because it is the one that waits. A removed wake file is reported,
// too. That loses only time, so the work goes on.
import OffstageCore

struct LockWatch {
    let lock: WriterLock
    let writer: Writer
    let options: StoreOptions
    let path: String
    let wakeFile: WakeFile

    func start() -> Task<Void, Never> {
        Task { [self] in
            var wait = LockWait(for: lock, path: path, options: options)
            let pause = max(.milliseconds(10), min(.milliseconds(500), options.patience / 4))
            var canWake = true
            while !Task.isCancelled {
                try? await options.time.sleep(for: pause)
                if canWake, !Task.isCancelled, !wakeFile.isInPlace, FileStamp(path: path) != nil {
                    canWake = false
                    options.log(
                        .warning, "\(path)-wake was removed: idle workers look every 2 s until they are restarted")
                }
                guard let waited = lock.waitingMicroseconds else {
                    wait = LockWait(for: lock, path: path, options: options)
                    continue
                }
                if let error = wait.lasts(waited) { writer.failWaiting(error) }
            }
        }
    }
}
