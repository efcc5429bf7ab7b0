// A call that blocks its thread, as a handler in a test may.
import OffstageSystem

/// Blocks the thread.
func usleepForTest(_ microseconds: UInt32) { usleep(microseconds) }
