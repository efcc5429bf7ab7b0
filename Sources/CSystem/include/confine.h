// What a started program may do, enforced by the kernel and without root. The caller prepares everything that needs
// memory or a path: it makes the Landlock rules and copies the system call filter. Between its fork and its exec the
// child makes only a few system calls (offstage_confinement_apply). No policy is set here: the caller chooses the
// folders, the system calls and the limits.
#ifndef OFFSTAGE_CONFINE_H
#define OFFSTAGE_CONFINE_H

#include <stddef.h>
#include <stdint.h>

/// What a program may do below a path.
enum {
    OFFSTAGE_MAY_READ = 1,
    OFFSTAGE_MAY_EXECUTE = 2,
    OFFSTAGE_MAY_WRITE = 4,
};

/// The step at which a start failed; 0 is the exec.
enum offstage_step {
    OFFSTAGE_STEP_EXEC,
    OFFSTAGE_STEP_FOLDER,
    OFFSTAGE_STEP_DESCRIPTORS,
    OFFSTAGE_STEP_GROUP,
    OFFSTAGE_STEP_PRIORITY,
    OFFSTAGE_STEP_LIMITS,
    OFFSTAGE_STEP_USER,
    OFFSTAGE_STEP_PRIVILEGES,
    OFFSTAGE_STEP_FILES,
    OFFSTAGE_STEP_FILTER,
};

/// A confinement. Once it is ready, any number of starts and several threads may use it.
struct offstage_confinement;

/// The version of the kernel's Landlock interface, from 1 on; 0 if the kernel has none or it is disabled.
int offstage_landlock_version(void);

/// Whether the kernel supports system call filters.
int offstage_has_filters(void);

/// Whether the kernel marks a range of descriptors close-on-exec in one call (5.11).
int offstage_has_close_range(void);

/// Makes an empty confinement. It gives up privileges, sets the umask, leaves no core file and closes descriptors.
/// Returns null if there is no memory.
struct offstage_confinement *offstage_confinement_create(uint32_t mask);

/// Frees the confinement and closes its descriptors; null is allowed.
void offstage_confinement_free(struct offstage_confinement *confinement);

/// Undoes the defaults except for the closing of descriptors. The limits, the priority, the user and the control group
/// still apply.
void offstage_confinement_only_limits(struct offstage_confinement *confinement);

/// Refuses every access to files except what offstage_confinement_allow adds. `refuse_bind` also refuses to bind TCP
/// ports. `refuse_signals` also refuses signals and abstract sockets to processes that are not confined together with
/// it. Each applies only if the kernel's version supports it. Returns 0, ENOSYS if the kernel has no Landlock, or
/// another errno value.
int offstage_confinement_restrict_files(
    struct offstage_confinement *confinement, int refuse_bind, int refuse_signals);

/// Allows what `rights` names at and below an existing path. Returns 0 or an errno value.
int offstage_confinement_allow(struct offstage_confinement *confinement, const char *path, int rights);

/// Copies a compiled filter: `size` bytes of struct sock_filter. Returns 0 or an errno value.
int offstage_confinement_set_filter(struct offstage_confinement *confinement, const void *code, size_t size);

/// Limits for each process; 0 leaves the caller's limit. `memory` counts, in bytes, writable memory that is not shared.
void offstage_confinement_set_limits(
    struct offstage_confinement *confinement, uint64_t memory, uint64_t open_files);

/// Lowers the priority: a nice value from 0 to 19, and batch scheduling if `is_batch`.
void offstage_confinement_set_priority(struct offstage_confinement *confinement, int nice, int is_batch);

/// The user and group that the program runs as, without supplementary groups. Only root may set them.
void offstage_confinement_set_user(struct offstage_confinement *confinement, uint32_t user, uint32_t group);

/// The control group that the program joins; `path` is the group's `cgroup.procs`. Returns 0 or an errno value.
int offstage_confinement_join(struct offstage_confinement *confinement, const char *path);

/// Confines the calling process permanently. Makes only system calls; to be called in a fresh fork. Marks the
/// descriptors from `first_closed` on close-on-exec. Returns 0, or an errno value, with the step that failed in `step`.
int offstage_confinement_apply(
    const struct offstage_confinement *confinement, int first_closed, enum offstage_step *step);

#endif
