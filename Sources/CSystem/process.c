// What a process does about itself. Process 1 of a container inherits every orphan in it, and no other process reaps
// them. A process that reaps orphans along with its own children takes exit statuses that other code in the program
// waits for, and the two cannot be told apart. So process 1 starts the program again as its child, and itself only
// reaps and forwards signals.
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

int64_t offstage_write_now(int fd, const void *bytes, size_t length) {
    struct stat facts;
    if (fstat(fd, &facts) != 0) return -errno;
    ssize_t count;
    do {
        if (S_ISREG(facts.st_mode)) {
            count = write(fd, bytes, length);
#if defined(__linux__)
        } else if (S_ISSOCK(facts.st_mode)) {
            count = send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
        } else {
            struct iovec piece = {(void *)bytes, length};
            count = pwritev2(fd, &piece, 1, -1, RWF_NOWAIT);
#else
        } else {
            return -EOPNOTSUPP;
#endif
        }
    } while (count < 0 && errno == EINTR);
    if (count >= 0) return (int64_t)count;
    if (errno == EINVAL || errno == ENOSYS || errno == ESPIPE) return -EOPNOTSUPP;
    return -errno;
}

static void *wait_for_gate(void *gate) {
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

int offstage_try_threads(int count) {
    pthread_t *threads = calloc((size_t)count, sizeof *threads);
    if (threads == NULL) return ENOMEM;
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&gate);
    int started = 0, problem = 0;
    while (started < count && problem == 0) {
        problem = pthread_create(&threads[started], NULL, wait_for_gate, &gate);
        if (problem == 0) started += 1;
    }
    pthread_mutex_unlock(&gate);
    for (int index = 0; index < started; index++) pthread_join(threads[index], NULL);
    free(threads);
    return problem;
}

int offstage_processors(void) {
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : (int)count;
}

uint64_t offstage_process_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NPROC, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
    return (uint64_t)limit.rlim_cur;
}

static int start_shell(const char *command, int errors, pid_t *child) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int problem = posix_spawn_file_actions_init(&actions);
    if (problem != 0) return problem;
    problem = posix_spawnattr_init(&attributes);
    if (problem == 0) {
        sigset_t none;
        sigemptyset(&none);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
        problem = posix_spawn_file_actions_adddup2(&actions, errors, 2);
        char *copy = problem == 0 ? strdup(command) : NULL;
        if (problem == 0 && copy == NULL) problem = ENOMEM;
        // No variables are passed, because the shell would read and run a file named by ENV or BASH_ENV.
        char *const words[] = {"sh", "-n", "-c", copy, NULL}, *const environment[] = {"LC_ALL=C", NULL};
        if (problem == 0) problem = posix_spawn(child, "/bin/sh", &actions, &attributes, words, environment);
        free(copy);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return problem;
}

int offstage_shell_refuses(const char *command, char *said, size_t most) {
    int ends[2];
    if (most == 0 || pipe(ends) != 0) return -1;
    for (int end = 0; end < 2; end++) fcntl(ends[end], F_SETFD, FD_CLOEXEC);
    pid_t child = 0;
    int problem = start_shell(command, ends[1], &child);
    close(ends[1]);
    size_t length = 0;
    while (problem == 0) {
        char piece[512];
        ssize_t count = read(ends[0], piece, sizeof piece);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        for (ssize_t index = 0; index < count && length + 1 < most; index++) said[length++] = piece[index];
    }
    said[length] = 0;
    close(ends[0]);
    if (problem != 0) return -1;
    int status = 0;
    pid_t reaped;
    do {
        reaped = waitpid(child, &status, 0);
    } while (reaped < 0 && errno == EINTR);
    if (reaped != child || !WIFEXITED(status)) return -1;
    // A shell that fails for lack of a resource exits with other statuses, and one that only warns exits with 0.
    return WEXITSTATUS(status) == 2 && length > 0;
}

// The signals that are forwarded. Other signals from a terminal reach the child directly.
static const int passed_signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGUSR1, SIGUSR2, SIGWINCH};

// The handler's only connection to the loop.
static int news_pipe[2] = {-1, -1};

static void note_signal(int number, siginfo_t *facts, void *context) {
    (void)context;
    int kept = errno;
    unsigned char word = (unsigned char)number;
#if defined(__linux__)
    // A terminal sends its signals to the whole group, so the child already has this one.
    if (number != SIGCHLD && facts != NULL && facts->si_code == SI_KERNEL) word = 0;
#else
    (void)facts;
#endif
    if (word != 0 && write(news_pipe[1], &word, 1) < 0) {
        // The pipe is full of signals. The loop is awake and checks its children anyway.
    }
    errno = kept;
}

static int take_signals(void) {
    if (pipe(news_pipe) != 0) return errno;
    for (int end = 0; end < 2; end++) {
        fcntl(news_pipe[end], F_SETFD, FD_CLOEXEC);
        fcntl(news_pipe[end], F_SETFL, O_NONBLOCK);
    }
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = note_signal;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigfillset(&action.sa_mask);
    sigaction(SIGCHLD, &action, NULL);
    // The parent of this process may have blocked them.
    sigset_t heard;
    sigemptyset(&heard);
    sigaddset(&heard, SIGCHLD);
    for (size_t index = 0; index < sizeof passed_signals / sizeof *passed_signals; index++) {
        // A signal that is ignored, as under nohup, stays ignored, here and in the child.
        struct sigaction before;
        if (sigaction(passed_signals[index], NULL, &before) == 0 && before.sa_handler == SIG_IGN) continue;
        sigaction(passed_signals[index], &action, NULL);
        sigaddset(&heard, passed_signals[index]);
    }
    pthread_sigmask(SIG_UNBLOCK, &heard, NULL);
    return 0;
}

static int start_program(const char *path, char *const *arguments, char *const *environment, pid_t *child) {
    posix_spawnattr_t attributes;
    int problem = posix_spawnattr_init(&attributes);
    if (problem != 0) return problem;
    // Signals that are handled here get their default in a new program automatically.
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    problem = posix_spawn(child, path, NULL, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    return problem;
}

int offstage_serve_as_init(const char *path, char *const *arguments, char *const *environment) {
    pid_t child = 0;
    int problem = take_signals();
    if (problem == 0) problem = start_program(path, arguments, environment, &child);
    if (problem != 0) return -problem;
    for (;;) {
        int status = 0;
        pid_t reaped;
        while ((reaped = waitpid(-1, &status, WNOHANG)) > 0) {
            if (reaped == child) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        if (reaped < 0 && errno == ECHILD) return -ECHILD;
        // Waits at most a second, in case a full pipe dropped a signal.
        struct pollfd watched = {news_pipe[0], POLLIN, 0};
        if (poll(&watched, 1, 1000) <= 0) continue;
        unsigned char words[64];
        ssize_t count = read(news_pipe[0], words, sizeof words);
        for (ssize_t index = 0; index < count; index++) {
            if (words[index] != SIGCHLD) kill(child, words[index]);
        }
    }
}
