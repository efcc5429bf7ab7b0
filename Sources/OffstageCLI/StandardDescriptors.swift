// A process may be started with standard input or output closed. The next file it opens would then get that number, and
// output for the terminal would be written into that file, for example a store's lock file.
import OffstageSystem

/// The descriptors 0, 1 and 2.
enum StandardDescriptors {
    /// Opens `/dev/null` in place of those that are closed.
    static func fill() {
        for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) == -1 {
            // `open` returns the lowest free number, and all lower numbers are in use.
            _ = open("/dev/null", O_RDWR)
        }
    }
}
