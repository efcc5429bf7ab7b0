// Starts a shell command that cannot outlive the process that started it. Between the two is a keeper: a forked copy of
// the caller that never execs. It watches the command and kills the command's process group when the command ends or
// when the life pipe closes, which happens whenever the caller dies, for any reason. See keeper.c.
#ifndef OFFSTAGE_PROGRAM_H
#define OFFSTAGE_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

struct offstage_confinement;

/// Added to a command's end status if the command was asked to end, or was killed, before it ended.
enum { OFFSTAGE_WAS_STOPPED = 1024 };

/// A byte on the life pipe with this bit set sends the signal in its other bits to the command's group. SIGTERM, SIGINT
/// and SIGHUP count as a request to end.
enum { OFFSTAGE_SIGNAL = 128 };

/// A failed start is reported as -(step * OFFSTAGE_STEP_UNIT + errno), with the step from enum offstage_step.
enum { OFFSTAGE_STEP_UNIT = 65536 };

/// The caller's side of a started command. All descriptors are close-on-exec and non-blocking; the caller closes them.
struct offstage_program {
    /// The keeper's process id. The caller reaps it; the keeper ends after its last message on `status`.
    int32_t keeper;
    /// The write end of the pipe that the command reads from descriptor 0.
    int input;
    /// The read ends of what the command writes to descriptors 1, 2 and 3.
    int output;
    int errors;
    int reports;
    /// A byte written here asks the command's group to end (SIGTERM); closing it kills the group at once. After a
    /// request the keeper waits for the whole group: a shell dies of SIGTERM at once, but what it started may have to
    /// clean up.
    int life;
    /// Two int32 values. The first is the id of the command's process group. The second is how the command ended: an
    /// exit status from 0 to 255, or 256 + n for the signal n, plus OFFSTAGE_WAS_STOPPED if it was asked to end or
    /// killed through `life` before. If the command could not be started, a negative value comes instead of the first
    /// (see OFFSTAGE_STEP_UNIT). When the last value arrives, every process of the group has ended. An end of file
    /// without it means that the keeper was killed.
    int status;
};

/// Starts `/bin/sh -c command`. `environment` holds `variables` strings, each ended by a null byte. `file` is null or
/// the content that the command can read from descriptor 4. Returns 0, or an errno value if nothing was started.
int offstage_program_start(
    const char *command, const char *environment, size_t variables, const void *file, size_t file_length,
    struct offstage_program *program);

/// A program that is started by its path, as a component of an app.
struct offstage_component {
    /// The executable's path, its arguments (argv, with the name first) and its environment. Both lists end with a null
    /// pointer.
    const char *path;
    const char *const *words;
    const char *const *environment;
    /// The working directory it starts in; null for the caller's.
    const char *folder;
    /// The caller's descriptors for its descriptors 0, 1 and 2; -1 for a new pipe to the caller.
    int streams[3];
    /// Additional descriptors, which it gets from number 3 on; at most 7.
    const int *kept;
    int kept_count;
    /// The confinement, or null for none. It must not change until this call has returned.
    const struct offstage_confinement *confinement;
};

/// Starts a component in its own session. When its end is reported, everything it had started has ended, in whatever
/// process group. `reports` is -1, and so are the streams that are not pipes. Returns the same as
/// offstage_program_start.
int offstage_component_start(const struct offstage_component *component, struct offstage_program *program);

/// Raises this process's soft limit of open descriptors to its hard limit. Programs started from then on get the old
/// soft limit back: programs that use `select` cannot work with a higher one, and others size themselves by it. To be
/// called once, before anything is started.
void offstage_raise_open_files(void);

/// The soft limit of open descriptors before it was raised; 0 if it was not raised.
uint64_t offstage_usual_limit(void);

/// Records the limit from before an ancestor of this process raised it; 0 if none did.
void offstage_keep_usual_limit(uint64_t limit);

/// How many descriptors this process may have open.
uint64_t offstage_open_files_limit(void);

/// Makes a pipe whose ends are close-on-exec and non-blocking. Returns 0 or an errno value.
int offstage_pipe(int *read_end, int *write_end);

/// The number of bytes that are ready to be read from `fd`; 0 if it cannot be determined.
size_t offstage_pending_bytes(int fd);

/// Blocks every signal on the calling thread except those for its own faults. SIGPIPE is blocked too, so that writes to
/// closed pipes return EPIPE.
void offstage_block_signals(void);

/// Unblocks the signals for the calling thread's own faults. On Linux libdispatch's threads have them blocked once a
/// program is in `dispatchMain`, as a program with an async `main` is. A trap would then end the process before Swift's
/// runtime can print a backtrace. Makes a system call only the first time in each thread.
void offstage_heed_faults(void);

/// Starts `body(context)` on a new detached thread. Returns 0 or an errno value.
int offstage_thread_start(void (*body)(void *context), void *context);

#endif
