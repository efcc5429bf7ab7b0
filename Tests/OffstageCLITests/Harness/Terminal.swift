// A pseudo-terminal on which the program runs, for behaviour that occurs only on a terminal. The program is a session
// leader with this terminal as its controlling terminal, as on a real one.
import Foundation
import OffstageSystem
import Synchronization

/// A program that runs on its own terminal.
final class Terminal: Sendable {
    // Linux' TIOCSPTLCK, TIOCGPTN and POSIX_SPAWN_SETSID, which are not visible in Swift.
    private static let unlock: UInt = 0x4004_5431
    private static let getNumber: UInt = 0x8004_5430
    private static let setSession: Int16 = 0x80

    let pid: pid_t
    private let master: Int32
    private let slave: Int32
    /// The settings before the program started.
    let found: [UInt32]
    private let seen = Mutex<[UInt8]>([])

    /// Starts a shell command on a terminal of the given size.
    init(_ words: [String], columns: UInt16 = 80, rows: UInt16 = 24) throws {
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var number: Int32 = -1
        var lock: Int32 = 0
        guard master >= 0, ioctl(master, Self.unlock, &lock) == 0, ioctl(master, Self.getNumber, &number) == 0 else {
            throw POSIXError(.EIO)
        }
        let name = "/dev/pts/\(number)"
        // Kept open here too, so that the settings can be read after the program has ended.
        slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)
        found = Self.settings(of: slave)
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [Int32(0), 1, 2] {
            posix_spawn_file_actions_addopen(&actions, descriptor, name, O_RDWR, 0)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Self.setSession)
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = [strdup("TERM=xterm"), strdup("PATH=/usr/bin:/bin"), nil]
        defer { for pointer in arguments + environment { free(pointer) } }
        var pid: pid_t = 0
        let problem = posix_spawn(&pid, words[0], &actions, &attributes, &arguments, &environment)
        guard problem == 0 else { throw POSIXError(.ENOENT) }
        self.pid = pid
        _ = fcntl(master, F_SETFL, fcntl(master, F_GETFL) | O_NONBLOCK)
    }

    deinit {
        kill(pid, SIGKILL)
        close(master)
        close(slave)
    }

    /// Everything that the program has written so far.
    var output: String {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        return seen.withLock { seen in
            while case let count = read(master, &buffer, buffer.count), count > 0 { seen += buffer.prefix(count) }
            return String(decoding: seen, as: UTF8.self)
        }
    }

    /// The terminal's current settings, for comparison.
    var settings: [UInt32] { Self.settings(of: slave) }

    private static func settings(of descriptor: Int32) -> [UInt32] {
        var settings = termios()
        tcgetattr(descriptor, &settings)
        return [settings.c_iflag, settings.c_oflag, settings.c_cflag, settings.c_lflag]
    }

    /// Types keys.
    func type(_ keys: String) {
        var keys = keys
        _ = keys.withUTF8 { write(master, $0.baseAddress, $0.count) }
    }

    /// Changes the size of the window, as a user with a mouse would.
    func resize(columns: UInt16, rows: UInt16) {
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    }

    /// How the program ended: its status, or 128 plus the signal. Nil while it runs.
    func end() -> Int32? {
        _ = output
        var status: Int32 = 0
        guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    }
}
