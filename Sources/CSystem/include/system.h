// System calls that Swift cannot express: futexes in memory shared by processes, locks that belong to an open file and
// not to a process, the kind of a file system, clocks as plain integers. Functions that can fail return 0 or a positive
// errno value; none of them changes errno for its caller.
#ifndef OFFSTAGE_SYSTEM_H
#define OFFSTAGE_SYSTEM_H

#include <stdint.h>

/// Sleeps while `*word` equals `expected`, until any process that maps the word wakes it, or until the timeout in
/// nanoseconds has passed (negative for none). Returns 0 (woken, possibly spuriously: check again), EAGAIN (the word
/// already differs), ETIMEDOUT or EINTR.
int offstage_futex_wait(uint32_t *word, uint32_t expected, int64_t timeout_ns);

/// Wakes up to `count` sleepers on `word`, in any process. Returns how many were woken.
int offstage_futex_wake(uint32_t *word, int count);

/// Takes the exclusive lock on the byte at `offset` of `fd` and waits for it without a limit. The lock belongs to the
/// open file description. It ends with the description's last descriptor, so a killed holder releases it, and a second
/// `open` of the file competes for it.
int offstage_ofd_lock(int fd, int64_t offset);

/// Takes the exclusive lock on the byte at `offset` if it is free. Returns EAGAIN if another description holds it.
int offstage_ofd_trylock(int fd, int64_t offset);

/// Releases the lock on the byte at `offset`; harmless if it is not held.
int offstage_ofd_unlock(int fd, int64_t offset);

/// The name ("nfs", "cifs" …) of the network file system that holds the existing `path`; null if it is local or cannot
/// be determined. Memory mapped there is not shared between hosts, and locks there are not reliable.
const char *offstage_network_file_system(const char *path);

/// The network file system with this Linux magic number; null for a local one, a FUSE one, or an unknown number.
const char *offstage_network_kind(uint32_t magic);

/// The id of the mount through which `path` is reached (links are followed); 0 if it cannot be determined.
uint64_t offstage_mount_id(const char *path);

/// The kernel's id of the calling thread.
int64_t offstage_gettid(void);

/// Gives the calling thread a name of at most 15 bytes, which debuggers and process listings show.
void offstage_name_thread(const char *name);

/// Nanoseconds since the machine started. This clock never steps and is the same in every process.
int64_t offstage_monotonic_ns(void);

/// Microseconds since 1970-01-01 UTC by the wall clock, which may step.
int64_t offstage_wall_us(void);

#endif
