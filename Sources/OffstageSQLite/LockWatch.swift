// Watches how long this process stands in line for the writer lock. Whoever holds it longer than 5 s is named, once;
// a call that has waited longer than the store's patience is withdrawn with the same name, having done nothing. The
// writing thread itself cannot do that: it is the one that waits. A wake file that was removed is reported as well:
// nothing is lost with it but time, so the work goes on.
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
