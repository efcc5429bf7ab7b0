// The size of a terminal. It is read again each time, because windows are resized.
import OffstageSystem

/// The size of a terminal in characters.
struct TerminalSize: Equatable {
    var columns: Int
    var rows: Int

    /// Returns the size of the terminal behind a descriptor; nil if it is not a terminal or its size is unknown.
    static func of(_ descriptor: Int32) -> TerminalSize? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        return TerminalSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }
}
