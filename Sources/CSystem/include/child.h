// A worker process under a foreman: how it is started, watched and reaped, and the memory that the two share. It runs
// this same program. It is started with posix_spawn rather than a bare fork, because it goes on to run Swift.
#ifndef OFFSTAGE_CHILD_H
#define OFFSTAGE_CHILD_H

#include <stddef.h>
#include <stdint.h>

/// How a child ended.
struct offstage_child_end {
    /// An exit status from 0 to 255, or 256 + n for the signal n.
    int32_t ending;
    /// The peak memory of the child, or of any process it had started and waited for, in bytes.
    int64_t peak_bytes;
};

/// Makes an unnamed file of `bytes` zero bytes, close-on-exec. Returns 0 or an errno value.
int offstage_shared_file(size_t bytes, int *fd);

/// Starts `path` in its own process group, with every signal at its default and unblocked. Descriptor 0 is /dev/null, 1
/// is the caller's, 2 is `errors`; the descriptors in `kept` keep their numbers. `arguments` and `environment` end with
/// a null. Returns 0 or an errno value.
int offstage_child_start(
    const char *path, char *const *arguments, char *const *environment, const int *kept, size_t count, int errors,
    int32_t *pid);

/// Opens a close-on-exec descriptor that becomes readable once the unreaped child `pid` has ended. Returns 0 or an
/// errno value; ENOSYS if the system has no such descriptors.
int offstage_child_watch(int32_t pid, int *fd);

/// Reaps the child if it has ended. Returns 1 if it did, 0 if the child is still running, -1 if there is no such child.
int offstage_child_reap(int32_t pid, struct offstage_child_end *end);

/// Makes a write to a pipe without a reader fail in this process instead of ending it, unless SIGPIPE already has a
/// disposition other than the default. Programs that this process starts get the signal's default.
void offstage_bear_broken_pipes(void);

/// The limit, in bytes, on the data of this process and each of its children, or on their address space if that is
/// lower; 0 if neither is limited.
int64_t offstage_memory_limit(void);

#endif
