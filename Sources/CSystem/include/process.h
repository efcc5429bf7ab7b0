// What a process does about itself: non-blocking writes, a test for how many threads it can start, and the duties of
// process 1.
#ifndef OFFSTAGE_PROCESS_H
#define OFFSTAGE_PROCESS_H

#include <stddef.h>
#include <stdint.h>

/// Writes what fits without blocking. Returns the number of bytes written, or minus an errno value: EAGAIN if there is
/// no room now, EOPNOTSUPP if a write to this descriptor might block.
int64_t offstage_write_now(int fd, const void *bytes, size_t length);

/// Starts `count` threads that do nothing and ends them. Returns 0, or the errno value with which a thread failed to
/// start.
int offstage_try_threads(int count);

/// The number of online processors; at least 1.
int offstage_processors(void);

/// How many processes and threads the user of this process may have; UINT64_MAX if that is not limited.
uint64_t offstage_process_limit(void);

/// Has /bin/sh parse a command without running it, and waits for the shell. Returns 1 if the shell found a syntax
/// error; its message is then in `said`, at most `most` bytes with the null byte at the end. Returns 0 if it found
/// none, -1 if the shell could not be run.
int offstage_shell_refuses(const char *command, char *said, size_t most);

/// Serves as process 1 for a program: starts `path` as a child, forwards signals to it, reaps every process that
/// becomes a child of this one, and returns when the program has ended. Returns the program's exit status, 128 + n for
/// the signal n, or minus an errno value if it could not be started. `arguments` and `environment` end with a null.
int offstage_serve_as_init(const char *path, char *const *arguments, char *const *environment);

#endif
