// Makes the thread sanitizer see Swift's Mutex on Linux. Its quick path is inlined into our code, where the sanitizer follows
// the atomics; when two threads meet, it calls into the Synchronization library, which is not built for the sanitizer, and
// every value behind the mutex then looks like a race. Preloaded into the tests, these two stand before the library's own and
// tell the sanitizer what happened: who got the mutex has seen what was done by whoever let go of it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

// Absent in programs that are not sanitized, such as the compiler that runs the tests.
void __tsan_acquire(void *address) __attribute__((weak));
void __tsan_release(void *address) __attribute__((weak));

typedef SWIFT void (*lock_slow)(uint32_t thread, SELF void *handle);
typedef SWIFT void (*unlock_slow)(SELF void *handle);

SWIFT void seen_lock_slow(uint32_t thread, SELF void *handle) __asm__(LOCK);
SWIFT void seen_unlock_slow(SELF void *handle) __asm__(UNLOCK);

SWIFT void seen_lock_slow(uint32_t thread, SELF void *handle) {
    lock_slow library = (lock_slow)dlsym(RTLD_NEXT, LOCK);
    library(thread, handle);
    if (__tsan_acquire) __tsan_acquire(handle);
}

SWIFT void seen_unlock_slow(SELF void *handle) {
    unlock_slow library = (unlock_slow)dlsym(RTLD_NEXT, UNLOCK);
    if (__tsan_release) __tsan_release(handle);
    library(handle);
}
