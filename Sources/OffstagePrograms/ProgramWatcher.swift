// Serves all running programs on one thread. The thread starts them, writes their input, reads their output, asks them
// to end, kills them, and sleeps in poll(2) in between. A thread for each program would cost a stack, and two context
// switches per line. The cooperative pool must never block. Programs' descriptors are ready rarely enough that one
// thread keeps up. Other threads only leave orders in a mailbox and write a byte into a pipe that this thread also
// polls.
import CSystem
import OffstageSystem
import Synchronization

/// The thread that starts and serves programs. It ends after the last reference to the watcher is released and no
/// program runs.
public final class ProgramWatcher: Sendable {
    private let mailbox: WatcherMailbox
    private let numbers = Atomic<UInt64>(0)

    /// Starts the thread. Throws if the system has no more threads or descriptors.
    public init() throws(ProgramWatcherError) {
        do { mailbox = try WatcherMailbox() } catch { throw ProgramWatcherError(reason: error.description) }
        let problem = SystemThread.start { [mailbox] in WatchLoop(mailbox).run() }
        guard problem == 0 else { throw ProgramWatcherError(reason: LibC.reason(problem)) }
    }

    deinit {
        mailbox.post(.close)
    }

    /// Has a program started. Returns the number with which to stop it.
    func start(_ launch: ProgramLaunch, channel: ProgramChannel) -> UInt64 {
        let number = numbers.add(1, ordering: .relaxed).newValue
        mailbox.post(.start(number, launch, channel))
        return number
    }

    /// Has a program asked to end, and killed after its grace period. Does nothing if the program has ended.
    func stop(_ number: UInt64) {
        mailbox.post(.stop(number))
    }

    /// Makes the thread check whether it may read again.
    func look() {
        mailbox.post(.look)
    }
}

/// States that the watcher's thread cannot be started, so no programs can run.
public struct ProgramWatcherError: Error, Sendable, Hashable, CustomStringConvertible {
    let reason: String
    /// The error in one line.
    public var description: String { "cannot start the thread that watches programs: \(reason)" }
}
