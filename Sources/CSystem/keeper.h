// What the caller prepares for the keeper, and where the keeper expects its descriptors.
#ifndef OFFSTAGE_KEEPER_H
#define OFFSTAGE_KEEPER_H

#include <stddef.h>

// The place of each descriptor in the command, and, from OFFSTAGE_LIFE on, in the keeper alone.
enum {
    OFFSTAGE_INPUT,
    OFFSTAGE_OUTPUT,
    OFFSTAGE_ERRORS,
    OFFSTAGE_REPORTS,
    OFFSTAGE_FILE,
    OFFSTAGE_LIFE,
    OFFSTAGE_STATUS,
    OFFSTAGE_SLOTS,
    OFFSTAGE_FIRST_FREE = 10,
};

struct offstage_plan {
    const char *command;
    char *const *environment;
    // For each slot the descriptor, at least OFFSTAGE_FIRST_FREE, or -1.
    const int *slots;
    char *title;
    size_t title_length;
};

// Never returns; to be called in a fresh fork with every signal blocked.
_Noreturn void offstage_keep(const struct offstage_plan *plan);

#endif
