// libcurl, with typed forms of its variadic setter.
#ifndef OFFSTAGE_CCURL_SHIM_H
#define OFFSTAGE_CCURL_SHIM_H
#include <curl/curl.h>
#endif
