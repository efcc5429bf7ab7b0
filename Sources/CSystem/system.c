// Linux first. On macOS each call uses the closest equivalent: os_sync addresses for futexes, the same
// open-file-description locks under other numbers, MNT_LOCAL for the kind of a file system.
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "system.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#elif defined(__APPLE__)
#include <os/os_sync_wait_on_address.h>
// The kernel has them since macOS 10.15, but older SDKs do not declare them.
#ifndef F_OFD_SETLK
#define F_OFD_SETLK 90
#define F_OFD_SETLKW 91
#endif
#endif

int offstage_futex_wait(uint32_t *word, uint32_t expected, int64_t timeout_ns) {
    int kept = errno;
    int answer = 0;
#if defined(__linux__)
    struct timespec timeout = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
    if (syscall(SYS_futex, word, FUTEX_WAIT, expected, timeout_ns < 0 ? NULL : &timeout, NULL, 0) != 0) answer = errno;
#else
    int woken = timeout_ns < 0
        ? os_sync_wait_on_address(word, expected, 4, OS_SYNC_WAIT_ON_ADDRESS_SHARED)
        : os_sync_wait_on_address_with_timeout(
              word, expected, 4, OS_SYNC_WAIT_ON_ADDRESS_SHARED, OS_CLOCK_MACH_ABSOLUTE_TIME,
              timeout_ns == 0 ? 1 : (uint64_t)timeout_ns);
    if (woken < 0) answer = errno;
#endif
    errno = kept;
    return answer;
}

int offstage_futex_wake(uint32_t *word, int count) {
    int kept = errno;
    int woken = 0;
#if defined(__linux__)
    long answer = syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);
    if (answer > 0) woken = (int)answer;
#else
    while (woken < count && os_sync_wake_by_address_any(word, 4, OS_SYNC_WAKE_BY_ADDRESS_SHARED) == 0) woken += 1;
#endif
    errno = kept;
    return woken;
}

static int ofd_change(int fd, int64_t offset, short type, int command) {
    int kept = errno;
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)offset, .l_len = 1, .l_pid = 0};
    int answer = 0;
    while (fcntl(fd, command, &lock) != 0) {
        answer = errno;
        if (answer != EINTR) break;
        answer = 0;
    }
    errno = kept;
    // POSIX allows either error for "held by another".
    return answer == EACCES && command == F_OFD_SETLK ? EAGAIN : answer;
}

int offstage_ofd_lock(int fd, int64_t offset) {
    return ofd_change(fd, offset, F_WRLCK, F_OFD_SETLKW);
}

int offstage_ofd_trylock(int fd, int64_t offset) {
    return ofd_change(fd, offset, F_WRLCK, F_OFD_SETLK);
}

int offstage_ofd_unlock(int fd, int64_t offset) {
    return ofd_change(fd, offset, F_UNLCK, F_OFD_SETLK);
}

int64_t offstage_gettid(void) {
#if defined(__linux__)
    return (int64_t)syscall(SYS_gettid);
#else
    uint64_t number = 0;
    pthread_threadid_np(NULL, &number);
    return (int64_t)number;
#endif
}

void offstage_name_thread(const char *name) {
    int kept = errno;
#if defined(__linux__)
    pthread_setname_np(pthread_self(), name);
#else
    pthread_setname_np(name);
#endif
    errno = kept;
}

int64_t offstage_monotonic_ns(void) {
    struct timespec now = {0, 0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t offstage_wall_us(void) {
    struct timespec now = {0, 0};
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
