// The system calls that a foreman needs. None of this code runs between a fork and an exec: posix_spawn does that part.
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/mman.h>
#include <sys/syscall.h>
#else
#include <sys/event.h>
#endif

int offstage_shared_file(size_t bytes, int *fd) {
#if defined(__linux__)
    *fd = memfd_create("offstage-board", MFD_CLOEXEC);
#else
    char name[] = "/tmp/offstage.XXXXXX";
    *fd = mkostemp(name, O_CLOEXEC);
    if (*fd >= 0) unlink(name);
#endif
    if (*fd < 0) return errno;
    if (ftruncate(*fd, (off_t)bytes) == 0) return 0;
    int problem = errno;
    close(*fd);
    *fd = -1;
    return problem;
}

static int prepare(
    posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, const int *kept, size_t count, int errors) {
    int problem = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (problem == 0) problem = posix_spawn_file_actions_adddup2(actions, errors, 2);
    // Duplicating a descriptor onto itself keeps it open across the exec.
    for (size_t index = 0; problem == 0 && index < count; index++) {
        problem = posix_spawn_file_actions_adddup2(actions, kept[index], kept[index]);
    }
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    if (problem == 0) problem = posix_spawnattr_setsigmask(attributes, &none);
    if (problem == 0) problem = posix_spawnattr_setsigdefault(attributes, &all);
    if (problem == 0) problem = posix_spawnattr_setpgroup(attributes, 0);
    short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (problem == 0) problem = posix_spawnattr_setflags(attributes, flags);
    return problem;
}

int offstage_child_start(
    const char *path, char *const *arguments, char *const *environment, const int *kept, size_t count, int errors,
    int32_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int problem = posix_spawn_file_actions_init(&actions);
    if (problem != 0) return problem;
    problem = posix_spawnattr_init(&attributes);
    if (problem != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return problem;
    }
    pid_t child = 0;
    problem = prepare(&actions, &attributes, kept, count, errors);
    if (problem == 0) problem = posix_spawn(&child, path, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    *pid = (int32_t)child;
    return problem;
}

int offstage_child_watch(int32_t pid, int *fd) {
#if defined(__linux__) && defined(SYS_pidfd_open)
    *fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0U);
    return *fd < 0 ? errno : 0;
#elif defined(__APPLE__)
    *fd = kqueue();
    if (*fd < 0) return errno;
    fcntl(*fd, F_SETFD, FD_CLOEXEC);
    struct kevent change;
    EV_SET(&change, (uintptr_t)pid, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0, NULL);
    if (kevent(*fd, &change, 1, NULL, 0, NULL) == 0) return 0;
    int problem = errno;
    close(*fd);
    *fd = -1;
    return problem;
#else
    (void)pid;
    *fd = -1;
    return ENOSYS;
#endif
}

int offstage_child_reap(int32_t pid, struct offstage_child_end *end) {
    int status = 0;
    struct rusage usage;
    memset(&usage, 0, sizeof usage);
    pid_t reaped;
    do {
        reaped = wait4((pid_t)pid, &status, WNOHANG, &usage);
    } while (reaped < 0 && errno == EINTR);
    if (reaped <= 0) return (int)reaped;
    end->ending = WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
#if defined(__APPLE__)
    end->peak_bytes = (int64_t)usage.ru_maxrss;
#else
    end->peak_bytes = (int64_t)usage.ru_maxrss * 1024;
#endif
    return 1;
}

static void note_nothing(int number) {
    (void)number;
}

void offstage_bear_broken_pipes(void) {
    struct sigaction action;
    if (sigaction(SIGPIPE, NULL, &action) != 0) return;
    if ((action.sa_flags & SA_SIGINFO) || action.sa_handler != SIG_DFL) return;
    // A handler rather than SIG_IGN, because an ignored signal would stay ignored after an exec.
    memset(&action, 0, sizeof action);
    action.sa_handler = note_nothing;
    action.sa_flags = SA_RESTART;
    sigaction(SIGPIPE, &action, NULL);
}

int64_t offstage_memory_limit(void) {
    const int resources[] = {RLIMIT_DATA, RLIMIT_AS};
    int64_t least = 0;
    for (size_t index = 0; index < sizeof resources / sizeof *resources; index++) {
        struct rlimit limit;
        if (getrlimit(resources[index], &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) continue;
        if (limit.rlim_cur > INT64_MAX) continue;
        int64_t bytes = (int64_t)limit.rlim_cur;
        if (bytes > 0 && (least == 0 || bytes < least)) least = bytes;
    }
    return least;
}
