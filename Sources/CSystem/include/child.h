// A worker process under a foreman: how it is started, watched and buried, and the memory the two share. It is this
// very program once more, started by spawn and not by a bare fork, because it goes on to run Swift.
#ifndef OFFSTAGE_CHILD_H
#define OFFSTAGE_CHILD_H

#include <stddef.h>
#include <stdint.h>

/// How a child ended.
struct offstage_child_end {
    /// 0...255 an exit status, 256 + n the signal n.
    int32_t ending;
    /// The most memory that it had, or anything it had started and waited for, in bytes.
    int64_t peak_bytes;
};

/// Makes a file without a name of `bytes` zero bytes, close-on-exec; answers 0 or an errno value.
int offstage_shared_file(size_t bytes, int *fd);

/// Starts `path` in a process group of its own, with every signal at its default and unblocked. Descriptor 0 is
/// /dev/null, 1 the caller's, 2 is `errors`; the `kept` ones keep their numbers. `arguments` and `environment` end
/// with a null. Answers 0 or an errno value.
int offstage_child_start(
    const char *path, char *const *arguments, char *const *environment, const int *kept, size_t count, int errors,
    int32_t *pid);

/// Opens a descriptor, close-on-exec, that can be read once the unreaped child `pid` has ended; answers 0 or an errno
/// value, as on kernels that have no such thing.
int offstage_child_watch(int32_t pid, int *fd);

/// Takes the body of the child if it has ended: answers 1 then, 0 if it lives, -1 if there is no such child.
int offstage_child_reap(int32_t pid, struct offstage_child_end *end);

/// Lets writing to a pipe without a reader fail in this process instead of ending it, unless SIGPIPE has been provided
/// for already. What this process starts has the signal's default.
void offstage_bear_broken_pipes(void);

/// How many bytes of data, or of address space if that is less, this process and its children may have; 0 if that is
/// not limited.
int64_t offstage_memory_limit(void);

#endif
