// hiredis as the system ships it. Of it only the reply parser is used: the sockets are our own, for TLS, time-outs and
// pipelining, and none of the variadic calls that do not import into Swift is needed.
#ifndef OFFSTAGE_CHIREDIS_SHIM_H
#define OFFSTAGE_CHIREDIS_SHIM_H
#include <hiredis/hiredis.h>
#endif
