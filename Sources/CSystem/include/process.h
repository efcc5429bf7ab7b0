// What a process does about itself: writes that do not wait, threads that may not be had, and the duties of process 1.
#ifndef OFFSTAGE_PROCESS_H
#define OFFSTAGE_PROCESS_H

#include <stddef.h>
#include <stdint.h>

/// Writes what fits without waiting. Returns how many bytes were written, or minus an errno value: EAGAIN if there is
/// no room now, EOPNOTSUPP if this descriptor cannot be written to without perhaps waiting.
int64_t offstage_write_now(int fd, const void *bytes, size_t length);

/// Starts `count` threads that do nothing, ends them, and returns 0, or the errno value with which one could not be
/// started.
int offstage_try_threads(int count);

/// How many processors there are for this process.
int offstage_processors(void);

/// The number of processes and threads that this process's user may have; UINT64_MAX if that is not limited.
uint64_t offstage_process_limit(void);

/// Has /bin/sh read a command without running it. Returns 1 if it found an error of syntax, whose words are put into
/// `said`, ended by a null byte; 0 if it found none; -1 if it could not be asked. Waits for the shell.
int offstage_shell_refuses(const char *command, char *said, size_t most);

/// Does the duties of process 1 for a program: starts `path` as a child, passes signals on to it, reaps every process
/// that comes to be a child of this one, and returns when the program has ended. Returns its exit status, 128 + n for
/// the signal n, or minus an errno value if it could not be started. `arguments` and `environment` end with a null.
int offstage_serve_as_init(const char *path, char *const *arguments, char *const *environment);

#endif
