// libseccomp as the system ships it: it compiles our list of refused calls for this machine's architecture. Only the
// macros and the variadic function that do not import into Swift are wrapped.
#ifndef OFFSTAGE_CSECCOMP_SHIM_H
#define OFFSTAGE_CSECCOMP_SHIM_H
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>

/// The action that answers a call with an errno value.
static inline uint32_t offstage_seccomp_errno(uint16_t number) {
    return SCMP_ACT_ERRNO(number);
}

/// Adds a rule that holds if the argument's bits under `mask` equal `value`. Answers 0 or minus an errno value.
static inline int offstage_seccomp_add_masked(
    scmp_filter_ctx filter, uint32_t action, int call, unsigned int argument, uint64_t mask, uint64_t value) {
    struct scmp_arg_cmp condition = {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
    return seccomp_rule_add_array(filter, action, call, 1, &condition);
}

/// Adds a rule that holds if the argument differs from `value`. Answers 0 or minus an errno value.
static inline int offstage_seccomp_add_unequal(
    scmp_filter_ctx filter, uint32_t action, int call, unsigned int argument, uint64_t value) {
    struct scmp_arg_cmp condition = {.arg = argument, .op = SCMP_CMP_NE, .datum_a = value, .datum_b = 0};
    return seccomp_rule_add_array(filter, action, call, 1, &condition);
}

/// Adds a rule that holds if the argument is greater than `value`. Answers 0 or minus an errno value.
static inline int offstage_seccomp_add_greater(
    scmp_filter_ctx filter, uint32_t action, int call, unsigned int argument, uint64_t value) {
    struct scmp_arg_cmp condition = {.arg = argument, .op = SCMP_CMP_GT, .datum_a = value, .datum_b = 0};
    return seccomp_rule_add_array(filter, action, call, 1, &condition);
}

/// Adds a rule that always holds. Answers 0 or minus an errno value.
static inline int offstage_seccomp_add(scmp_filter_ctx filter, uint32_t action, int call) {
    return seccomp_rule_add_array(filter, action, call, 0, NULL);
}
#endif
