// The GD image library.
#ifndef OFFSTAGE_CGD_SHIM_H
#define OFFSTAGE_CGD_SHIM_H
#include <gd.h>
#endif
