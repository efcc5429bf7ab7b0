// What a started program may do, enforced by the kernel and without root. Everything that needs memory or a path is
// prepared here, in the caller: the Landlock rules are made, the system call filter is copied. What is left for the
// child, between its fork and its exec, is a handful of system calls (offstage_confinement_apply). Nothing here decides
// anything: which folders, which calls and which limits is the caller's to say.
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

/// What a started program fails at before it is itself; 0 is the exec.
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

/// A confinement in the making, or ready; it may be used for any number of starts, and by several threads once ready.
struct offstage_confinement;

/// The number of the kernel's Landlock interface, from 1 on; 0 if it has none or it is switched off.
int offstage_landlock_version(void);

/// Whether the kernel takes system call filters.
int offstage_has_filters(void);

/// Whether the kernel marks a range of descriptors close-on-exec in one call (5.11).
int offstage_has_close_range(void);

/// Makes an empty confinement, which gives up privileges, sets the umask, leaves no core file and closes descriptors;
/// null without memory.
struct offstage_confinement *offstage_confinement_create(uint32_t mask);

/// Frees it and closes what it holds open; null is allowed.
void offstage_confinement_free(struct offstage_confinement *confinement);

/// Takes that back but for the descriptors: what remains are the limits, the priority, the user and the control group.
void offstage_confinement_only_limits(struct offstage_confinement *confinement);

/// Refuses every access to files but what offstage_confinement_allow adds; with `refuse_bind` also TCP ports, and with
/// `refuse_signals` signals and abstract sockets to processes that are not confined together with it, as far as the
/// kernel's version goes. Answers 0, ENOSYS if the kernel has no Landlock, or another errno value.
int offstage_confinement_restrict_files(
    struct offstage_confinement *confinement, int refuse_bind, int refuse_signals);

/// Allows what `rights` names at and below an existing path. Answers 0 or an errno value.
int offstage_confinement_allow(struct offstage_confinement *confinement, const char *path, int rights);

/// Copies a compiled filter: `size` bytes of struct sock_filter. Answers 0 or an errno value.
int offstage_confinement_set_filter(struct offstage_confinement *confinement, const void *code, size_t size);

/// Limits for each process; 0 leaves the caller's own. Memory is what it may write to and shares with nobody.
void offstage_confinement_set_limits(
    struct offstage_confinement *confinement, uint64_t memory, uint64_t open_files);

/// How far it stands back: a nice value from 0 to 19, as a batch job if `is_batch`.
void offstage_confinement_set_priority(struct offstage_confinement *confinement, int nice, int is_batch);

/// The user it becomes, without any further groups; only root may ask for one.
void offstage_confinement_set_user(struct offstage_confinement *confinement, uint32_t user, uint32_t group);

/// The control group it joins, by its `cgroup.procs`. Answers 0 or an errno value.
int offstage_confinement_join(struct offstage_confinement *confinement, const char *path);

/// Confines the calling process for good: system calls only, for a fresh fork. Of its descriptors those from
/// `first_closed` on are marked close-on-exec. Answers 0, or an errno value and the step that failed.
int offstage_confinement_apply(
    const struct offstage_confinement *confinement, int first_closed, enum offstage_step *step);

#endif
