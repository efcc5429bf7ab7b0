// A call that blocks its thread, as a handler in a test may.
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Blocks the thread.
func usleepForTest(_ microseconds: UInt32) { usleep(microseconds) }
