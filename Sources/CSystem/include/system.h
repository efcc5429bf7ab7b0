// System calls that Swift cannot spell: futexes in memory shared by processes, locks that belong to an open file
// and not to a process, the kind of a file system, clocks as plain integers.
// Functions that can fail answer 0 or a positive errno value; none of them touches errno for its caller.
#ifndef OFFSTAGE_SYSTEM_H
#define OFFSTAGE_SYSTEM_H

#include <stdint.h>

/// Sleeps while `*word` equals `expected`, until a wake on that word by any process that maps it, or the time-out in
/// nanoseconds (negative: none). Answers 0 (woken, perhaps for nothing: look again), EAGAIN (the word already differs),
/// ETIMEDOUT or EINTR.
int offstage_futex_wait(uint32_t *word, uint32_t expected, int64_t timeout_ns);

/// Wakes up to `count` sleepers on `word`, in whatever process they are; answers how many were woken.
int offstage_futex_wake(uint32_t *word, int count);

/// Takes the exclusive lock on the byte at `offset` of `fd`, waiting as long as it takes. The lock belongs to the open
/// file description: it ends with its last descriptor, so a killed holder frees it, and a second `open` is a rival.
int offstage_ofd_lock(int fd, int64_t offset);

/// Takes the exclusive lock on the byte at `offset` if it is free; answers EAGAIN if another description holds it.
int offstage_ofd_trylock(int fd, int64_t offset);

/// Gives up the lock on the byte at `offset`; harmless if it is not held.
int offstage_ofd_unlock(int fd, int64_t offset);

/// The name ("nfs", "cifs" …) of the network file system that the existing `path` lies on; null if it is local or
/// cannot be told. Memory mapped there is not shared between hosts, and locks there are promises at best.
const char *offstage_network_file_system(const char *path);

/// The network file system of a magic number of Linux, or NULL: it is a local one, one made with FUSE, or unknown.
const char *offstage_network_kind(uint32_t magic);

/// The number of the mount through which `path` (links are followed) is reached; 0 if it cannot be told.
uint64_t offstage_mount_id(const char *path);

/// The number the kernel gave to the calling thread.
int64_t offstage_gettid(void);

/// Gives the calling thread a name of at most 15 bytes, for those who look at it from outside.
void offstage_name_thread(const char *name);

/// Nanoseconds since the machine started; never steps, and is the same clock in every process.
int64_t offstage_monotonic_ns(void);

/// Microseconds since 1970-01-01 UTC by the wall clock, which may step.
int64_t offstage_wall_us(void);

#endif
