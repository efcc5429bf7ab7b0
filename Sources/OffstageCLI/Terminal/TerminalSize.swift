// How many characters a terminal shows; asked anew each time, because windows are dragged.
import OffstageSystem

/// The size of a terminal in characters.
struct TerminalSize: Equatable {
    var columns: Int
    var rows: Int

    /// Asks the terminal behind a descriptor; nil if it is none or does not know.
    static func of(_ descriptor: Int32) -> TerminalSize? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        return TerminalSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }
}
