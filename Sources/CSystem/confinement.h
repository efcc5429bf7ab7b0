// The fields of a confinement, for code that carries its descriptors through a fork.
#ifndef OFFSTAGE_CONFINEMENT_H
#define OFFSTAGE_CONFINEMENT_H

#include "confine.h"

struct sock_filter;

struct offstage_confinement {
    // Descriptors, or -1: the Landlock rules, and cgroup.procs of the group to join.
    int rules;
    int group;
    int version;
    uint64_t handled_files;
    uint32_t mask;
    int only_limits;
    int nice;
    int is_batch;
    int has_user;
    uint32_t user;
    uint32_t user_group;
    uint64_t memory;
    uint64_t open_files;
    struct sock_filter *filter;
    uint16_t filter_length;
};

#endif
