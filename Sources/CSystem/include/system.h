// System calls that Swift cannot spell: futexes, open-file-description locks, a process group that dies with its parent.
#ifndef OFFSTAGE_SYSTEM_H
#define OFFSTAGE_SYSTEM_H
#include <stdint.h>
#endif
