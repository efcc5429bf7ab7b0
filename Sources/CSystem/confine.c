// Two halves: what the caller prepares with memory and paths at hand, and offstage_confinement_apply, which runs in the
// child between fork and exec and makes only system calls. Landlock's interface is defined here because a
// distribution's headers are often older than its kernel. The kernel reports at run time which rights it knows.
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "confine.h"
#include "confinement.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__)

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

// The same numbers on every architecture.
enum { LANDLOCK_CREATE = 444, LANDLOCK_ADD = 445, LANDLOCK_RESTRICT = 446 };
enum { ASK_VERSION = 1, BELOW_PATH = 1 };

enum files {
    EXECUTE = 1 << 0,
    WRITE_FILE = 1 << 1,
    READ_FILE = 1 << 2,
    READ_FOLDER = 1 << 3,
    REMOVE_FOLDER = 1 << 4,
    REMOVE_FILE = 1 << 5,
    MAKE_CHARACTER = 1 << 6,
    MAKE_FOLDER = 1 << 7,
    MAKE_REGULAR = 1 << 8,
    MAKE_SOCKET = 1 << 9,
    MAKE_FIFO = 1 << 10,
    MAKE_BLOCK = 1 << 11,
    MAKE_LINK = 1 << 12,
    REFER = 1 << 13,      // version 2
    TRUNCATE = 1 << 14,   // version 3
    CONTROL = 1 << 15,    // version 5: ioctl on devices
};
enum { BIND_TCP = 1 };                                  // version 4
enum { SCOPE_ABSTRACT_SOCKETS = 1, SCOPE_SIGNALS = 2 }; // version 6

struct rules {
    uint64_t files;
    uint64_t network;
    uint64_t scopes;
};

struct __attribute__((packed)) path_rule {
    uint64_t rights;
    int32_t parent;
};

int offstage_landlock_version(void) {
    int kept = errno;
    long version = syscall(LANDLOCK_CREATE, NULL, (size_t)0, ASK_VERSION);
    errno = kept;
    return version > 0 ? (int)version : 0;
}

int offstage_has_filters(void) {
    int kept = errno;
    uint32_t action = SECCOMP_RET_KILL_PROCESS;
    int has = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
    errno = kept;
    return has;
}

// A range above every possible descriptor: the call has no effect and only shows whether it exists.
enum { NOWHERE = 0x7ffffff0, MARK_CLOSE_ON_EXEC = 4, CLOSE_RANGE = 436 };

int offstage_has_close_range(void) {
    int kept = errno;
    int has = syscall(CLOSE_RANGE, NOWHERE, NOWHERE, MARK_CLOSE_ON_EXEC) == 0;
    errno = kept;
    return has;
}

struct offstage_confinement *offstage_confinement_create(uint32_t mask) {
    struct offstage_confinement *confinement = calloc(1, sizeof *confinement);
    if (confinement == NULL) return NULL;
    confinement->rules = confinement->group = -1;
    confinement->mask = mask;
    return confinement;
}

void offstage_confinement_only_limits(struct offstage_confinement *confinement) {
    confinement->only_limits = 1;
}

void offstage_confinement_free(struct offstage_confinement *confinement) {
    if (confinement == NULL) return;
    if (confinement->rules >= 0) close(confinement->rules);
    if (confinement->group >= 0) close(confinement->group);
    free(confinement->filter);
    free(confinement);
}

// The keeper moves the program's descriptors to the low numbers.
static int raised(int fd) {
    if (fd < 0) return fd;
    int higher = fcntl(fd, F_DUPFD_CLOEXEC, 16);
    int problem = errno;
    close(fd);
    errno = problem;
    return higher;
}

int offstage_confinement_restrict_files(
    struct offstage_confinement *confinement, int refuse_bind, int refuse_signals) {
    int version = offstage_landlock_version();
    if (version == 0) return ENOSYS;
    struct rules rules = {.files = REFER - 1};
    if (version >= 2) rules.files |= REFER;
    if (version >= 3) rules.files |= TRUNCATE;
    if (version >= 4 && refuse_bind) rules.network = BIND_TCP;
    if (version >= 5) rules.files |= CONTROL;
    if (version >= 6 && refuse_signals) rules.scopes = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS;
    // Older kernels accept the longer struct as long as the fields they do not know are zero.
    int fd = raised((int)syscall(LANDLOCK_CREATE, &rules, sizeof rules, 0));
    if (fd < 0) return errno;
    if (confinement->rules >= 0) close(confinement->rules);
    confinement->rules = fd;
    confinement->version = version;
    confinement->handled_files = rules.files;
    return 0;
}

static uint64_t file_rights(int rights, int is_folder) {
    uint64_t named = 0;
    if (rights & OFFSTAGE_MAY_READ) named |= READ_FILE | READ_FOLDER;
    if (rights & OFFSTAGE_MAY_EXECUTE) named |= EXECUTE;
    if (rights & OFFSTAGE_MAY_WRITE) {
        named |= WRITE_FILE | TRUNCATE | REMOVE_FOLDER | REMOVE_FILE | MAKE_FOLDER | MAKE_REGULAR | MAKE_SOCKET
            | MAKE_FIFO | MAKE_LINK | REFER;
    }
    return is_folder ? named : named & (EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE);
}

int offstage_confinement_allow(struct offstage_confinement *confinement, const char *path, int rights) {
    if (confinement->rules < 0) return 0;
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0) return errno;
    struct stat facts;
    int problem = fstat(fd, &facts) == 0 ? 0 : errno;
    if (problem == 0) {
        uint64_t named = file_rights(rights, S_ISDIR(facts.st_mode)) & confinement->handled_files;
        struct path_rule rule = {.rights = named, .parent = fd};
        if (named != 0 && syscall(LANDLOCK_ADD, confinement->rules, BELOW_PATH, &rule, 0) != 0) problem = errno;
    }
    close(fd);
    return problem;
}

int offstage_confinement_set_filter(struct offstage_confinement *confinement, const void *code, size_t size) {
    size_t length = size / sizeof(struct sock_filter);
    if (length == 0 || length > BPF_MAXINSNS || size % sizeof(struct sock_filter) != 0) return EINVAL;
    struct sock_filter *copy = malloc(size);
    if (copy == NULL) return ENOMEM;
    memcpy(copy, code, size);
    free(confinement->filter);
    confinement->filter = copy;
    confinement->filter_length = (uint16_t)length;
    return 0;
}

void offstage_confinement_set_limits(
    struct offstage_confinement *confinement, uint64_t memory, uint64_t open_files) {
    confinement->memory = memory;
    confinement->open_files = open_files;
}

void offstage_confinement_set_priority(struct offstage_confinement *confinement, int nice, int is_batch) {
    confinement->nice = nice;
    confinement->is_batch = is_batch;
}

void offstage_confinement_set_user(struct offstage_confinement *confinement, uint32_t user, uint32_t group) {
    confinement->has_user = 1;
    confinement->user = user;
    confinement->user_group = group;
}

int offstage_confinement_join(struct offstage_confinement *confinement, const char *path) {
    int fd = raised(open(path, O_WRONLY | O_CLOEXEC));
    if (fd < 0) return errno;
    if (confinement->group >= 0) close(confinement->group);
    confinement->group = fd;
    return 0;
}

// Everything from here on runs in the child.

static int mark_from(int first) {
    if (syscall(CLOSE_RANGE, first, ~0U, MARK_CLOSE_ON_EXEC) == 0) return 0;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return errno;
    int bound = limit.rlim_cur > 65536 ? 65536 : (int)limit.rlim_cur;
    for (int fd = first; fd < bound; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
    return 0;
}

// A soft limit above the hard one is an error, and only root may raise a hard limit. A lower hard limit is therefore
// kept.
static int limit_to(int resource, uint64_t value) {
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0) return errno;
    if (limit.rlim_max > value) limit.rlim_max = value;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(resource, &limit) == 0 ? 0 : errno;
}

static int apply_limits(const struct offstage_confinement *confinement) {
    int problem = confinement->only_limits ? 0 : limit_to(RLIMIT_CORE, 0);
    if (problem == 0 && confinement->open_files > 0) problem = limit_to(RLIMIT_NOFILE, confinement->open_files);
    if (problem == 0 && confinement->memory > 0) problem = limit_to(RLIMIT_DATA, confinement->memory);
    return problem;
}

static int apply_priority(const struct offstage_confinement *confinement) {
    if (confinement->is_batch) {
        struct sched_param none = {0};
        if (sched_setscheduler(0, SCHED_BATCH, &none) != 0) return errno;
    }
    if (confinement->nice <= 0) return 0;
    int now = getpriority(PRIO_PROCESS, 0);
    return now >= confinement->nice || setpriority(PRIO_PROCESS, 0, confinement->nice) == 0 ? 0 : errno;
}

static int become_user(const struct offstage_confinement *confinement) {
    // Raw system calls: the C library's functions would change all threads of the caller, and this copy does not have
    // them.
    if (syscall(SYS_setgroups, (size_t)0, NULL) != 0) return errno;
    gid_t group = confinement->user_group;
    uid_t user = confinement->user;
    if (syscall(SYS_setresgid, group, group, group) != 0) return errno;
    return syscall(SYS_setresuid, user, user, user) == 0 ? 0 : errno;
}

// Root's power consists of capabilities, and some of them bypass Landlock: CAP_PERFMON and CAP_SYS_ADMIN can read every
// process's environment in /proc. They are dropped, including those that an exec as root would restore.
// CAP_DAC_OVERRIDE stays if it is there. Without it a worker that runs as root could not read an app that belongs to
// the user who deployed it, or a picture that a web component, which may run as another user, has left in a shared
// folder. It does not override what Landlock refuses.
static int drop_capabilities(void) {
    for (int number = 0; number < 64; number++) {
        if (number == CAP_DAC_OVERRIDE) continue;
        // Fails past the last capability, and for an ordinary user, whom no_new_privs keeps from gaining any.
        if (prctl(PR_CAPBSET_DROP, number, 0, 0, 0) != 0) break;
    }
    // Kernels before 4.3 have no ambient set.
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2] = {{0}};
    if (syscall(SYS_capget, &header, sets) != 0) return errno;
    uint32_t kept = sets[0].permitted & CAP_TO_MASK(CAP_DAC_OVERRIDE);
    sets[0] = (struct __user_cap_data_struct){.effective = kept, .permitted = kept};
    sets[1] = (struct __user_cap_data_struct){0};
    return syscall(SYS_capset, &header, sets) == 0 ? 0 : errno;
}

static int apply_filter(const struct offstage_confinement *confinement) {
    struct sock_fprog program = {.len = confinement->filter_length, .filter = confinement->filter};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0 ? 0 : errno;
}

int offstage_confinement_apply(
    const struct offstage_confinement *confinement, int first_closed, enum offstage_step *step) {
    int problem = 0;
    if (!confinement->only_limits) umask(confinement->mask);
    *step = OFFSTAGE_STEP_DESCRIPTORS;
    if ((problem = mark_from(first_closed)) != 0) return problem;
    *step = OFFSTAGE_STEP_GROUP;
    if (confinement->group >= 0 && write(confinement->group, "0", 1) != 1) return errno;
    *step = OFFSTAGE_STEP_PRIORITY;
    if ((problem = apply_priority(confinement)) != 0) return problem;
    *step = OFFSTAGE_STEP_LIMITS;
    if ((problem = apply_limits(confinement)) != 0) return problem;
    *step = OFFSTAGE_STEP_USER;
    if (confinement->has_user && (problem = become_user(confinement)) != 0) return problem;
    if (confinement->only_limits) return 0;
    *step = OFFSTAGE_STEP_PRIVILEGES;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    if ((problem = drop_capabilities()) != 0) return problem;
    *step = OFFSTAGE_STEP_FILES;
    if (confinement->rules >= 0 && syscall(LANDLOCK_RESTRICT, confinement->rules, 0) != 0) return errno;
    *step = OFFSTAGE_STEP_FILTER;
    return confinement->filter == NULL ? 0 : apply_filter(confinement);
}

#else

// Other systems have none of this: the queries return 0, and restrict_files, set_filter and join return ENOSYS.

int offstage_landlock_version(void) {
    return 0;
}

int offstage_has_filters(void) {
    return 0;
}

int offstage_has_close_range(void) {
    return 0;
}

struct offstage_confinement *offstage_confinement_create(uint32_t mask) {
    struct offstage_confinement *confinement = calloc(1, sizeof *confinement);
    if (confinement != NULL) confinement->mask = mask;
    return confinement;
}

void offstage_confinement_only_limits(struct offstage_confinement *confinement) {
    (void)confinement;
}

void offstage_confinement_free(struct offstage_confinement *confinement) {
    free(confinement);
}

int offstage_confinement_restrict_files(struct offstage_confinement *confinement, int bind, int signals) {
    (void)confinement, (void)bind, (void)signals;
    return ENOSYS;
}

int offstage_confinement_allow(struct offstage_confinement *confinement, const char *path, int rights) {
    (void)confinement, (void)path, (void)rights;
    return 0;
}

int offstage_confinement_set_filter(struct offstage_confinement *confinement, const void *code, size_t size) {
    (void)confinement, (void)code, (void)size;
    return ENOSYS;
}

void offstage_confinement_set_limits(struct offstage_confinement *confinement, uint64_t memory, uint64_t files) {
    (void)confinement, (void)memory, (void)files;
}

void offstage_confinement_set_priority(struct offstage_confinement *confinement, int nice, int is_batch) {
    (void)confinement, (void)nice, (void)is_batch;
}

void offstage_confinement_set_user(struct offstage_confinement *confinement, uint32_t user, uint32_t group) {
    (void)confinement, (void)user, (void)group;
}

int offstage_confinement_join(struct offstage_confinement *confinement, const char *path) {
    (void)confinement, (void)path;
    return ENOSYS;
}

int offstage_confinement_apply(
    const struct offstage_confinement *confinement, int first_closed, enum offstage_step *step) {
    (void)confinement, (void)first_closed, (void)step;
    return 0;
}

#endif
