// Starts a shell command that cannot outlive the process that started it. Between the two stands a keeper: a forked
// copy of the caller that execs nothing, watches the command, and kills the command's process group when the command
// ends or when its life pipe closes, as it does when the caller dies of whatever cause. See program.c for the story.
#ifndef OFFSTAGE_PROGRAM_H
#define OFFSTAGE_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

struct offstage_confinement;

/// Added to a command's end if it was asked to end, or killed, before it did.
enum { OFFSTAGE_WAS_STOPPED = 1024 };

/// A byte on the life pipe that has this bit sends the command's group the signal of its other bits. SIGTERM, SIGINT and
/// SIGHUP ask it to end.
enum { OFFSTAGE_SIGNAL = 128 };

/// What a failed start is told by: minus the sum of the errno and so many times the step (enum offstage_step).
enum { OFFSTAGE_STEP_UNIT = 65536 };

/// The caller's side of a started command. All descriptors are close-on-exec and non-blocking, and the caller's to
/// close.
struct offstage_program {
    /// The keeper's process id, to be reaped by the caller; it ends after its last message on `status`.
    int32_t keeper;
    /// Written to be read by the command on descriptor 0.
    int input;
    /// What the command writes to descriptors 1, 2 and 3.
    int output;
    int errors;
    int reports;
    /// A byte written here asks the command's group to end (SIGTERM); closing it kills the group at once. The end of
    /// the whole group is waited for then: a shell dies of SIGTERM at once, and what it started may have to clean up.
    int life;
    /// Two int32: the id of the command's process group, then how it ended: 0...255 an exit status, 256 + n the signal
    /// n, with OFFSTAGE_WAS_STOPPED if it was asked or killed through `life` before. Instead of the first a negative
    /// one if it could not be started: minus the errno, with the step of OFFSTAGE_STEP_UNIT. When the last is there
    /// every process of the group is gone. End of file without it: somebody killed the keeper.
    int status;
};

/// Starts `/bin/sh -c command`. `environment` holds `variables` strings, each ended by a null byte; `file` is null or
/// the content that the command finds in descriptor 4. Answers 0 or an errno value; then nothing was started.
int offstage_program_start(
    const char *command, const char *environment, size_t variables, const void *file, size_t file_length,
    struct offstage_program *program);

/// A program that is started by its path, as a component of an app.
struct offstage_component {
    /// The file, with what it is called and its words; the environment; both end with a null pointer.
    const char *path;
    const char *const *words;
    const char *const *environment;
    /// The folder it starts in; null: the caller's.
    const char *folder;
    /// What lies on its descriptors 0, 1 and 2, by a descriptor of the caller's; -1: a new pipe to the caller.
    int streams[3];
    /// What it gets besides, from descriptor 3 on: at most 7.
    const int *kept;
    int kept_count;
    /// Null: none. Must stay as it is until this call has returned.
    const struct offstage_confinement *confinement;
};

/// Starts a component. It has a session of its own. Everything it started is gone when its end is told, whatever group
/// it made for itself. `reports` is -1, as are the streams that are no pipes. Answers as offstage_program_start.
int offstage_component_start(const struct offstage_component *component, struct offstage_program *program);

/// Raises this process' soft limit of open descriptors to its hard one. What is started from then on gets the old one
/// back, as programs that wait by `select` cannot live with more, and others size themselves by it. Once only, before
/// anything is started.
void offstage_raise_open_files(void);

/// The soft limit of open descriptors before it was raised; 0 if it was not.
uint64_t offstage_usual_limit(void);

/// Says what the limit was before an ancestor of this process raised it; 0: nobody did.
void offstage_keep_usual_limit(uint64_t limit);

/// How many descriptors this process may have open.
uint64_t offstage_open_files_limit(void);

/// Makes a pipe whose ends are close-on-exec and non-blocking; answers 0 or an errno value.
int offstage_pipe(int *read_end, int *write_end);

/// The number of bytes that wait to be read from `fd`; 0 if that cannot be told.
size_t offstage_pending_bytes(int fd);

/// Blocks every signal on the calling thread but those of its own faults. SIGPIPE is blocked too: its writes to closed
/// pipes answer EPIPE.
void offstage_block_signals(void);

/// Lets the calling thread take the signals of its own faults. On Linux libdispatch's threads have them blocked once a
/// program is in `dispatchMain`, as one with an async `main` is: a trap then ends the process before Swift's runtime
/// can show where it was. Costs a system call the first time in a thread only.
void offstage_heed_faults(void);

/// Starts `body(context)` on a thread of its own that nobody joins; answers 0 or an errno value.
int offstage_thread_start(void (*body)(void *context), void *context);

#endif
