// libyaml as the system ships it. Of it only the parser's events are used: the tree is built by us, with a bound on all
// that a hostile file could make large.
#ifndef OFFSTAGE_CYAML_SHIM_H
#define OFFSTAGE_CYAML_SHIM_H
#include <yaml.h>
#endif
