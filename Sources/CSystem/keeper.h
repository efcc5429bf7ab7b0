// What the caller prepares for the keeper, and where the keeper expects its descriptors.
#ifndef OFFSTAGE_KEEPER_H
#define OFFSTAGE_KEEPER_H

#include <stddef.h>

struct offstage_confinement;

// The number of each descriptor in the command and, from OFFSTAGE_LIFE on, in the keeper only.
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

// How many extra descriptors a program may get. They lie between its standard ones and the first free one.
enum { OFFSTAGE_FIRST_KEPT = OFFSTAGE_REPORTS, OFFSTAGE_MOST_KEPT = OFFSTAGE_FIRST_FREE - OFFSTAGE_FIRST_KEPT };

struct offstage_plan {
    // What is executed: the file, its arguments, its environment, and its working directory or null.
    const char *path;
    char *const *words;
    char *const *environment;
    const char *folder;
    // The descriptor for each slot, at least OFFSTAGE_FIRST_FREE, or -1.
    const int *slots;
    // Passed to the program from OFFSTAGE_FIRST_KEPT on, in this order; each at least OFFSTAGE_FIRST_FREE.
    const int *kept;
    int kept_count;
    const struct offstage_confinement *confinement;
    // Whether the program gets its own session, and everything it started is killed with it, in its group or not.
    int is_component;
    char *title;
    size_t title_length;
};

// Restores the limit of open descriptors that offstage_raise_open_files raised; to be called in a fresh fork.
void offstage_usual_open_files(void);

// Never returns; to be called in a fresh fork with every signal blocked.
_Noreturn void offstage_keep(const struct offstage_plan *plan);

#endif
