// The caller's half. Everything that needs memory is prepared here, before the fork, because the forked copy of a
// program with many threads may call only async-signal-safe functions (see keeper.c).
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "program.h"
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/mman.h>
#include <sys/syscall.h>
#endif

#if defined(__has_feature)
#define OFFSTAGE_THREAD_SANITIZER __has_feature(thread_sanitizer)
#else
#define OFFSTAGE_THREAD_SANITIZER 0
#endif

// The keeper moves its descriptors to 0...6, so they must not be there before.
static int raised(int fd) {
    if (fd < 0 || fd >= OFFSTAGE_FIRST_FREE) return fd;
    int higher = fcntl(fd, F_DUPFD_CLOEXEC, OFFSTAGE_FIRST_FREE);
    int problem = errno;
    close(fd);
    errno = problem;
    return higher;
}

static int close_on_exec_pipe(int ends[2]) {
#if defined(__linux__)
    return pipe2(ends, O_CLOEXEC);
#else
    if (pipe(ends) != 0) return -1;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return 0;
#endif
}

int offstage_pipe(int *read_end, int *write_end) {
    int ends[2];
    if (close_on_exec_pipe(ends) != 0) return errno;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    *read_end = ends[0];
    *write_end = ends[1];
    return 0;
}

static int anonymous_file(const void *bytes, size_t length) {
#if defined(__linux__)
    int fd = memfd_create("checkpoint", MFD_CLOEXEC);
#else
    char name[] = "/tmp/offstage.XXXXXX";
    int fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0) unlink(name);
#endif
    size_t written = 0;
    while (fd >= 0 && written < length) {
        ssize_t count = write(fd, (const char *)bytes + written, length - written);
        if (count > 0) written += (size_t)count;
        if (count < 0 && errno != EINTR) {
            int problem = errno;
            close(fd);
            errno = problem;
            return -1;
        }
    }
    if (fd >= 0) lseek(fd, 0, SEEK_SET);
    return fd;
}

// Opens one pipe for each slot that is neither filled already nor `empty` (the file's slot is never opened here). Which
// end the command gets depends on who writes.
static int open_slots(int theirs[OFFSTAGE_SLOTS], int ours[OFFSTAGE_SLOTS], int empty) {
    for (int slot = 0; slot < OFFSTAGE_SLOTS; slot++) {
        if (theirs[slot] >= 0 || slot == OFFSTAGE_FILE || slot == empty) continue;
        int ends[2];
        if (close_on_exec_pipe(ends) != 0) return errno;
        int they_read = slot == OFFSTAGE_INPUT || slot == OFFSTAGE_LIFE;
        ours[slot] = ends[they_read ? 1 : 0];
        fcntl(ours[slot], F_SETFL, O_NONBLOCK);
        theirs[slot] = raised(ends[they_read ? 0 : 1]);
        if (theirs[slot] < 0) return errno;
    }
    return 0;
}

// Finds the memory that holds this process's command line. The keeper overwrites its copy with its own name; otherwise
// a command that kills the caller by name would kill the keeper too.
static void find_title(struct offstage_plan *plan) {
#if defined(__linux__)
    char text[2048];
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0) return;
    text[length] = 0;
    // The second field may contain spaces, and the third follows the last bracket. The command line's bounds are fields
    // 48 and 49.
    char *field = strrchr(text, ')');
    for (int number = 2; field != NULL && number < 48; number++) field = strchr(field + 1, ' ');
    unsigned long start = 0, end = 0;
    if (field == NULL || sscanf(field, " %lu %lu", &start, &end) != 2 || start == 0 || end <= start) return;
    plan->title = (char *)start;
    plan->title_length = end - start;
#else
    (void)plan;
#endif
}

static pid_t plain_fork(void) {
#if defined(__linux__) && !OFFSTAGE_THREAD_SANITIZER
    // Skips the at-fork handlers of the loaded libraries. The copy touches nothing that they protect.
    return (pid_t)syscall(SYS_clone, (unsigned long)SIGCHLD, 0UL, 0UL, 0UL, 0UL);
#else
    // The sanitizer intercepts every call that the copy makes, so it must know of the fork.
    return fork();
#endif
}

static int start_keeper(const struct offstage_plan *plan, int32_t *keeper) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t child = plain_fork();
    if (child == 0) offstage_keep(plan);
    int problem = child < 0 ? errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    *keeper = (int32_t)child;
    return problem;
}

// Opens the missing slots, starts the keeper, and leaves only the caller's own ends open.
static int start_with(
    struct offstage_plan *plan, int theirs[OFFSTAGE_SLOTS], int empty, struct offstage_program *program) {
    int ours[OFFSTAGE_SLOTS];
    for (int slot = 0; slot < OFFSTAGE_SLOTS; slot++) ours[slot] = -1;
    plan->slots = theirs;
    find_title(plan);
    int problem = open_slots(theirs, ours, empty);
    if (problem == 0) problem = start_keeper(plan, &program->keeper);
    for (int slot = 0; slot < OFFSTAGE_SLOTS; slot++) {
        if (theirs[slot] >= 0) close(theirs[slot]);
        if (problem != 0 && ours[slot] >= 0) close(ours[slot]);
    }
    if (problem != 0) return problem;
    program->input = ours[OFFSTAGE_INPUT];
    program->output = ours[OFFSTAGE_OUTPUT];
    program->errors = ours[OFFSTAGE_ERRORS];
    program->reports = ours[OFFSTAGE_REPORTS];
    program->life = ours[OFFSTAGE_LIFE];
    program->status = ours[OFFSTAGE_STATUS];
    return 0;
}

int offstage_program_start(
    const char *command, const char *environment, size_t variables, const void *file, size_t file_length,
    struct offstage_program *program) {
    int theirs[OFFSTAGE_SLOTS];
    for (int slot = 0; slot < OFFSTAGE_SLOTS; slot++) theirs[slot] = -1;
    const char **pointers = calloc(variables + 1, sizeof *pointers);
    // A copy, because a caller may pass one of its own command-line words, which the keeper overwrites.
    char *line = strdup(command);
    int problem = pointers == NULL || line == NULL ? ENOMEM : 0;
    if (problem == 0 && file != NULL) {
        theirs[OFFSTAGE_FILE] = raised(anonymous_file(file, file_length));
        if (theirs[OFFSTAGE_FILE] < 0) problem = errno;
    }
    if (problem == 0) {
        for (size_t index = 0; index < variables; index++) {
            pointers[index] = environment;
            environment += strlen(environment) + 1;
        }
        char *const words[] = {"sh", "-c", line, NULL};
        struct offstage_plan plan = {
            .path = "/bin/sh", .words = words, .environment = (char *const *)pointers,
        };
        problem = start_with(&plan, theirs, OFFSTAGE_FILE, program);
    }
    free(pointers);
    free(line);
    return problem;
}

// Copies the caller's descriptors to numbers that the keeper does not overwrite.
static int copy_all(const int *descriptors, int count, int *copies) {
    for (int index = 0; index < count; index++) {
        if (descriptors[index] < 0) continue;
        copies[index] = fcntl(descriptors[index], F_DUPFD_CLOEXEC, OFFSTAGE_FIRST_FREE);
        if (copies[index] < 0) return errno;
    }
    return 0;
}

int offstage_component_start(const struct offstage_component *component, struct offstage_program *program) {
    if (component->kept_count < 0 || component->kept_count > OFFSTAGE_MOST_KEPT) return EINVAL;
    int theirs[OFFSTAGE_SLOTS], kept[OFFSTAGE_MOST_KEPT];
    for (int slot = 0; slot < OFFSTAGE_SLOTS; slot++) theirs[slot] = -1;
    for (int index = 0; index < OFFSTAGE_MOST_KEPT; index++) kept[index] = -1;
    int problem = copy_all(component->streams, OFFSTAGE_REPORTS, theirs);
    if (problem == 0) problem = copy_all(component->kept, component->kept_count, kept);
    for (int index = 0; problem == 0 && index < component->kept_count; index++) {
        if (kept[index] < 0) problem = EBADF;
    }
    if (problem == 0) {
        struct offstage_plan plan = {
            .path = component->path,
            .words = (char *const *)component->words,
            .environment = (char *const *)component->environment,
            .folder = component->folder,
            .kept = kept,
            .kept_count = component->kept_count,
            .confinement = component->confinement,
            .is_component = 1,
        };
        problem = start_with(&plan, theirs, OFFSTAGE_REPORTS, program);
    } else {
        for (int slot = 0; slot < OFFSTAGE_SLOTS; slot++) {
            if (theirs[slot] >= 0) close(theirs[slot]);
        }
    }
    for (int index = 0; index < OFFSTAGE_MOST_KEPT; index++) {
        if (kept[index] >= 0) close(kept[index]);
    }
    return problem;
}

// The limit before it was raised; 0 if it was not raised.
static rlim_t usual_open_files;

void offstage_raise_open_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0) usual_open_files = before;
}

void offstage_usual_open_files(void) {
    struct rlimit limit;
    if (usual_open_files == 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    if (limit.rlim_cur <= usual_open_files) return;
    limit.rlim_cur = usual_open_files;
    setrlimit(RLIMIT_NOFILE, &limit);
}

uint64_t offstage_usual_limit(void) {
    return (uint64_t)usual_open_files;
}

void offstage_keep_usual_limit(uint64_t limit) {
    if (usual_open_files == 0) usual_open_files = (rlim_t)limit;
}

uint64_t offstage_open_files_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return UINT64_MAX;
    return (uint64_t)limit.rlim_cur;
}

size_t offstage_pending_bytes(int fd) {
    int count = 0;
    return ioctl(fd, FIONREAD, &count) == 0 && count > 0 ? (size_t)count : 0;
}

// The signals that the kernel sends a thread for its own faults.
static const int fault_signals[] = {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS};

void offstage_block_signals(void) {
    sigset_t all;
    sigfillset(&all);
    for (size_t index = 0; index < sizeof fault_signals / sizeof *fault_signals; index++) {
        sigdelset(&all, fault_signals[index]);
    }
    pthread_sigmask(SIG_SETMASK, &all, NULL);
}

void offstage_heed_faults(void) {
    static _Thread_local bool is_done;
    if (is_done) return;
    is_done = true;
    sigset_t faults;
    sigemptyset(&faults);
    for (size_t index = 0; index < sizeof fault_signals / sizeof *fault_signals; index++) {
        sigaddset(&faults, fault_signals[index]);
    }
    pthread_sigmask(SIG_UNBLOCK, &faults, NULL);
}

struct thread_start {
    void (*body)(void *context);
    void *context;
};

static void *thread_main(void *argument) {
    struct thread_start start = *(struct thread_start *)argument;
    free(argument);
    start.body(start.context);
    return NULL;
}

int offstage_thread_start(void (*body)(void *context), void *context) {
    struct thread_start *start = malloc(sizeof *start);
    if (start == NULL) return ENOMEM;
    *start = (struct thread_start){body, context};
    pthread_t thread;
    int problem = pthread_create(&thread, NULL, thread_main, start);
    if (problem != 0) free(start);
    if (problem == 0) pthread_detach(thread);
    return problem;
}
