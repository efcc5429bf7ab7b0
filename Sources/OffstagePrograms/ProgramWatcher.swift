// Looks after every program that runs. One thread serves them all: it starts them, feeds them their input, reads what
// they say, asks and kills, and sleeps in poll(2) in between. A thread for each program would spend a stack and two
// switches on every line; the cooperative pool must never block; and a program's descriptors are ready far more rarely
// than one thread could not keep up. Other threads only leave orders in a mailbox and write a byte into a pipe that
// the thread watches too.
import CSystem
import OffstageSystem
import Synchronization

/// The thread that starts and serves programs; it ends when the last reference to the watcher goes.
public final class ProgramWatcher: Sendable {
    private let mailbox: WatcherMailbox
    private let numbers = Atomic<UInt64>(0)

    /// Starts the thread; throws if the system has no more threads or descriptors.
    public init() throws(ProgramWatcherError) {
        do { mailbox = try WatcherMailbox() } catch { throw ProgramWatcherError(reason: error.description) }
        let problem = SystemThread.start { [mailbox] in WatchLoop(mailbox).run() }
        guard problem == 0 else { throw ProgramWatcherError(reason: LibC.reason(problem)) }
    }

    deinit {
        mailbox.post(.close)
    }

    /// Has a program started; answers the number to stop it by.
    func start(_ launch: ProgramLaunch, channel: ProgramChannel) -> UInt64 {
        let number = numbers.add(1, ordering: .relaxed).newValue
        mailbox.post(.start(number, launch, channel))
        return number
    }

    /// Has a program asked to end, and killed after its grace period; one that has ended is no error.
    func stop(_ number: UInt64) {
        mailbox.post(.stop(number))
    }

    /// Has the thread look whether it may read on.
    func look() {
        mailbox.post(.look)
    }
}

/// Says that there can be no watcher, and so no programs.
public struct ProgramWatcherError: Error, Sendable, Hashable, CustomStringConvertible {
    let reason: String
    /// One line.
    public var description: String { "cannot start the thread that watches programs: \(reason)" }
}
