// The keeper of one command. It is a fork of a program with many threads, so it allocates nothing, takes no lock and
// calls only async-signal-safe functions. It has its own process group. That keeps it alive when a `kill -9` hits the
// caller's whole group, and when the command stops or kills its own group. As a subreaper it inherits the command's
// orphans. It can therefore wait until the whole group has ended, and it leaves no zombies to the caller, which is
// process 1 in many containers. If the keeper is killed, the parent-death signal ends the command, and the caller sees
// the end of the status pipe and kills the rest of the group.
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "keeper.h"
#include "confinement.h"
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

// Not the product's name, because `pkill offstage` is meant for the workers.
static const char keeper_name[] = "job-keeper";

static void close_range_of(int first, int last) {
#if defined(__linux__) && defined(SYS_close_range)
    if (syscall(SYS_close_range, (unsigned)first, last < 0 ? ~0U : (unsigned)last, 0U) == 0) return;
#endif
    // Kernels before 5.9: the limit may be a billion, and no portable call returns the highest descriptor without
    // allocating.
    int bound = last < 0 ? 65535 : last;
    for (int fd = first; fd <= bound; fd++) close(fd);
}

static void tell_on(int status, int32_t value) {
    while (write(status, &value, sizeof value) < 0 && errno == EINTR) {
    }
}

static void tell(int32_t value) {
    tell_on(OFFSTAGE_STATUS, value);
}

static void ignore_signal(int number) {
    (void)number;
}

// Above the slots only the descriptors stay open that the program gets or is confined by.
static void close_all_but(const struct offstage_plan *plan) {
    int wanted[OFFSTAGE_MOST_KEPT + 2];
    int count = 0;
    for (int index = 0; index < plan->kept_count; index++) wanted[count++] = plan->kept[index];
    if (plan->confinement != NULL) {
        wanted[count++] = plan->confinement->rules;
        wanted[count++] = plan->confinement->group;
    }
    int first = OFFSTAGE_SLOTS;
    for (;;) {
        int next = -1;
        for (int index = 0; index < count; index++) {
            if (wanted[index] >= first && (next < 0 || wanted[index] < next)) next = wanted[index];
        }
        if (next < 0) break;
        if (next > first) close_range_of(first, next - 1);
        first = next + 1;
    }
    close_range_of(first, -1);
}

static void take_places(const struct offstage_plan *plan) {
    for (int slot = 0; slot < OFFSTAGE_SLOTS; slot++) {
        if (plan->slots[slot] < 0) {
            close(slot);
        } else {
            dup2(plan->slots[slot], slot);
        }
    }
    close_all_but(plan);
    fcntl(OFFSTAGE_LIFE, F_SETFD, FD_CLOEXEC);
    fcntl(OFFSTAGE_STATUS, F_SETFD, FD_CLOEXEC);
}

static void take_name(const struct offstage_plan *plan) {
#if defined(__linux__)
    prctl(PR_SET_NAME, keeper_name);
    for (size_t index = 0; index < plan->title_length; index++) {
        plan->title[index] = index < sizeof keeper_name - 1 && index + 1 < plan->title_length ? keeper_name[index] : 0;
    }
#else
    (void)plan;
#endif
}

static void reset_signals(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; number++) sigaction(number, &action, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// Without extra descriptors the slots stay as they are. Returns the new number of the status pipe.
static int lay_kept(const struct offstage_plan *plan) {
    if (plan->kept_count == 0) return OFFSTAGE_STATUS;
    int status = fcntl(OFFSTAGE_STATUS, F_DUPFD_CLOEXEC, OFFSTAGE_FIRST_FREE);
    for (int index = 0; index < plan->kept_count; index++) dup2(plan->kept[index], OFFSTAGE_FIRST_KEPT + index);
    return status;
}

// Returns 0, or the negative value to report: the errno and the failed step.
static int32_t prepare_command(const struct offstage_plan *plan) {
    if (plan->folder != NULL && chdir(plan->folder) != 0) return -(OFFSTAGE_STEP_FOLDER * OFFSTAGE_STEP_UNIT + errno);
    if (plan->confinement == NULL) {
        offstage_usual_open_files();
        return 0;
    }
    enum offstage_step step = OFFSTAGE_STEP_EXEC;
    int problem = offstage_confinement_apply(plan->confinement, OFFSTAGE_FIRST_KEPT + plan->kept_count, &step);
    // After the descriptors were closed, and only if the confinement sets no limit itself.
    if (plan->confinement->open_files == 0) offstage_usual_open_files();
    return problem == 0 ? 0 : -((int32_t)step * OFFSTAGE_STEP_UNIT + problem);
}

static _Noreturn void become_command(const struct offstage_plan *plan, pid_t keeper) {
    if (plan->is_component) {
        // A new session also detaches it from the caller's terminal.
        setsid();
    } else {
        setpgid(0, 0);
    }
    int status = lay_kept(plan);
    int32_t problem = prepare_command(plan);
#if defined(__linux__)
    // Last, because a change of user resets it.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (getppid() != keeper) _exit(127);
    reset_signals();
    if (problem == 0) {
        execve(plan->path, plan->words, plan->environment);
        problem = -errno;
    }
    tell_on(status, problem);
    _exit(127);
}

static pid_t start_command(const struct offstage_plan *plan) {
    pid_t keeper = getpid();
#if defined(__linux__)
    // Until its exec the child borrows this process's memory and stack, and this process waits.
    pid_t child = vfork();
#else
    pid_t child = fork();
#endif
    if (child == 0) become_command(plan, keeper);
    if (child > 0) setpgid(child, child);
    return child;
}

static char *put_number(char *end, int number) {
    do {
        *--end = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return end;
}

// Where the kernel groups tasks by session, a nice value counts only among the tasks of one session, and the session
// has its own nice value, which can be set through any of its processes. The kernel accepts one such change per 100 ms
// from all its users. The child would have to wait for its turn, so the keeper makes the change. Returns whether to try
// again.
static int session_nice_is_open(const struct offstage_plan *plan, pid_t command) {
#if defined(__linux__)
    if (!plan->is_component || plan->confinement == NULL || plan->confinement->nice <= 0) return 0;
    static const char before[] = "/proc/", after[] = "/autogroup";
    char path[40], digits[12];
    char *digits_end = digits + sizeof digits;
    char *start = put_number(digits_end, (int)command);
    size_t length = (size_t)(digits_end - start);
    memcpy(path, before, sizeof before - 1);
    memcpy(path + sizeof before - 1, start, length);
    memcpy(path + sizeof before - 1 + length, after, sizeof after);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    start = put_number(digits_end, plan->confinement->nice);
    int is_open = write(fd, start, (size_t)(digits_end - start)) < 0 && errno == EAGAIN;
    close(fd);
    return is_open;
#else
    (void)plan, (void)command;
    return 0;
#endif
}

// Sleeps until a child ends, `milliseconds` have passed, or, if `watched`, the life pipe is readable. Returns whether
// it is readable. No signal is lost between the check and the sleep here, but not every system makes the two in one
// step, so callers wait for at most a second.
static int wait_for_news(int watched, int milliseconds) {
    sigset_t but_children;
    sigfillset(&but_children);
    sigdelset(&but_children, SIGCHLD);
    fd_set descriptors;
    FD_ZERO(&descriptors);
    if (watched) FD_SET(OFFSTAGE_LIFE, &descriptors);
    struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    return pselect(OFFSTAGE_LIFE + 1, &descriptors, NULL, NULL, &pause, &but_children) > 0;
}

// Whether the command has ended. It is not reaped, so its number still identifies its group.
static int has_ended(pid_t command) {
    siginfo_t facts;
    memset(&facts, 0, sizeof facts);
    if (waitid(P_PID, (id_t)command, &facts, WEXITED | WNOHANG | WNOWAIT) != 0) return errno != EINTR;
    return facts.si_pid == command;
}

static void reap_orphans(pid_t command) {
    siginfo_t facts;
    for (;;) {
        memset(&facts, 0, sizeof facts);
        if (waitid(P_ALL, 0, &facts, WEXITED | WNOHANG | WNOWAIT) != 0 || facts.si_pid == 0) return;
        if (facts.si_pid == command) return;
        waitpid(facts.si_pid, NULL, WNOHANG);
    }
}

// Reads the ids of this process's children into `numbers`. Returns how many.
static int read_children(pid_t *numbers, int most) {
    int count = 0;
#if defined(__linux__)
    char text[4096];
    int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (fd >= 0) close(fd);
    pid_t number = 0;
    for (ssize_t index = 0; index < length && count < most; index++) {
        if (text[index] >= '0' && text[index] <= '9') {
            number = number * 10 + (text[index] - '0');
        } else {
            // An id that is cut off at the end of the text has no space after it and is not taken, so no other process
            // is hit.
            if (number > 1) numbers[count++] = number;
            number = 0;
        }
    }
#else
    (void)numbers, (void)most;
#endif
    return count;
}

// Whether any process of the ended command's group is still running. A shell dies of SIGTERM at once, and the processes
// it started, which this subreaper inherits, may have work to finish. The command itself is not reaped, so its number
// still identifies its group. Processes that left the group were not asked to end and are not waited for.
static int group_lives(pid_t command) {
    pid_t children[512];
    int count = read_children(children, (int)(sizeof children / sizeof *children));
    for (int index = 0; index < count; index++) {
        if (children[index] == command || waitpid(children[index], NULL, WNOHANG) != 0) continue;
        if (getpgid(children[index]) == command) return 1;
    }
    return 0;
}

// Returns when the command has ended; if it was asked to end, when its group has ended too; or when the caller has
// closed the life pipe, which it does once it has waited long enough. Returns 0, or OFFSTAGE_WAS_STOPPED if the command
// was asked to end or the pipe was closed.
static int watch(const struct offstage_plan *plan, pid_t command) {
    int stopped = 0;
    int is_open = session_nice_is_open(plan, command);
    while (!has_ended(command) || (stopped && group_lives(command))) {
        reap_orphans(command);
        // The interval depends on the command, so that commands started together do not always retry at the same
        // moment.
        int has_news = wait_for_news(1, is_open ? 90 + (int)(command % 64) : 1000);
        if (is_open) is_open = session_nice_is_open(plan, command);
        if (!has_news) continue;
        unsigned char byte = 0;
        ssize_t count = read(OFFSTAGE_LIFE, &byte, 1);
        if (count < 0) continue;
        // The command may have ended since the check above. Then the request came too late, and it ended by itself.
        if (!stopped && has_ended(command)) break;
        if (count > 0 && (byte & OFFSTAGE_SIGNAL)) {
            int number = byte & ~OFFSTAGE_SIGNAL;
            if (number == SIGTERM || number == SIGINT || number == SIGHUP) stopped = OFFSTAGE_WAS_STOPPED;
            kill(-command, number);
            continue;
        }
        stopped = OFFSTAGE_WAS_STOPPED;
        if (count == 0) break;
        kill(-command, SIGTERM);
        kill(-command, SIGCONT);
    }
    return stopped;
}

// Kills what is left of a component. Every process that left its group or its session has become a child of this
// subreaper, or will as soon as its parent dies. Returns when there is none, or after 200 rounds.
static void kill_orphans(void) {
#if defined(__linux__)
    for (int round = 0; round < 200; round++) {
        pid_t reaped;
        while ((reaped = waitpid(-1, NULL, WNOHANG)) > 0) {
        }
        if (reaped < 0 && errno == ECHILD) return;
        pid_t children[512];
        int count = read_children(children, (int)(sizeof children / sizeof *children));
        for (int index = 0; index < count; index++) kill(children[index], SIGKILL);
        wait_for_news(0, 10);
    }
#endif
}

_Noreturn void offstage_keep(const struct offstage_plan *plan) {
    setpgid(0, 0);
    take_places(plan);
    take_name(plan);
#if defined(__linux__)
    prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = ignore_signal;
    sigaction(SIGCHLD, &action, NULL);

    pid_t command = start_command(plan);
    if (command < 0) {
        tell(-errno);
        _exit(1);
    }
    close_range_of(OFFSTAGE_INPUT, OFFSTAGE_FILE);
    close_range_of(OFFSTAGE_SLOTS, -1);
    tell((int32_t)command);
    int stopped = watch(plan, command);

    kill(-command, SIGKILL);
    int status = 0;
    while (waitpid(command, &status, 0) < 0 && errno == EINTR) {
    }
    // The rest of the group was killed too. A process that hangs in the kernel is waited for at most two seconds.
    for (int round = 0; round < 200;) {
        pid_t reaped = waitpid(-command, NULL, WNOHANG);
        if (reaped < 0) break;
        if (reaped > 0) continue;
        wait_for_news(0, 10);
        round += 1;
    }
    if (plan->is_component) kill_orphans();
    tell(stopped | (WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status)));
    _exit(0);
}
