// A process may be started with its standard input or output closed. The next file that is opened would then get that
// number, and what is meant for the terminal would be written into it: a store's lock file, for one.
import OffstageSystem

/// The descriptors 0, 1 and 2.
enum StandardDescriptors {
    /// Opens `/dev/null` in the place of those that are closed.
    static func fill() {
        for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) == -1 {
            // The lowest free number is taken, and all below are taken already.
            _ = open("/dev/null", O_RDWR)
        }
    }
}
