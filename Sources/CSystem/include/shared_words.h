// Atomic words in raw memory that several processes map. Swift's Atomic owns its storage and cannot be laid over bytes
// from mmap. All operations are sequentially consistent; words must be naturally aligned.
#ifndef OFFSTAGE_SHARED_WORDS_H
#define OFFSTAGE_SHARED_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/// Reads the word.
static inline uint32_t offstage_load_u32(const uint32_t *word) {
    return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

/// Writes the word.
static inline void offstage_store_u32(uint32_t *word, uint32_t value) {
    __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

/// Writes the word and returns its previous value.
static inline uint32_t offstage_exchange_u32(uint32_t *word, uint32_t value) {
    return __atomic_exchange_n(word, value, __ATOMIC_SEQ_CST);
}

/// Writes `desired` only if the word holds `expected`. Returns whether it did.
static inline bool offstage_compare_exchange_u32(uint32_t *word, uint32_t expected, uint32_t desired) {
    return __atomic_compare_exchange_n(word, &expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/// Adds with wrap-around and returns the word's previous value.
static inline uint32_t offstage_fetch_add_u32(uint32_t *word, uint32_t value) {
    return __atomic_fetch_add(word, value, __ATOMIC_SEQ_CST);
}

/// Sets the bits of `bits` and returns the word's previous value.
static inline uint32_t offstage_fetch_or_u32(uint32_t *word, uint32_t bits) {
    return __atomic_fetch_or(word, bits, __ATOMIC_SEQ_CST);
}

/// Reads the word.
static inline uint64_t offstage_load_u64(const uint64_t *word) {
    return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

/// Writes the word.
static inline void offstage_store_u64(uint64_t *word, uint64_t value) {
    __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

/// Writes the word and returns its previous value.
static inline uint64_t offstage_exchange_u64(uint64_t *word, uint64_t value) {
    return __atomic_exchange_n(word, value, __ATOMIC_SEQ_CST);
}

/// Writes `desired` only if the word holds `expected`. Returns whether it did.
static inline bool offstage_compare_exchange_u64(uint64_t *word, uint64_t expected, uint64_t desired) {
    return __atomic_compare_exchange_n(word, &expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/// Adds with wrap-around and returns the word's previous value.
static inline uint64_t offstage_fetch_add_u64(uint64_t *word, uint64_t value) {
    return __atomic_fetch_add(word, value, __ATOMIC_SEQ_CST);
}

/// Sets the bits of `bits` and returns the word's previous value.
static inline uint64_t offstage_fetch_or_u64(uint64_t *word, uint64_t bits) {
    return __atomic_fetch_or(word, bits, __ATOMIC_SEQ_CST);
}

#endif
