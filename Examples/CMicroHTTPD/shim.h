// GNU libmicrohttpd, with a typed form of its variadic start, which Swift cannot call.
#ifndef OFFSTAGE_CMICROHTTPD_SHIM_H
#define OFFSTAGE_CMICROHTTPD_SHIM_H
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <string.h>

/// Starts a server on 127.0.0.1 with one thread a connection, whose handlers may therefore block; NULL if it cannot.
static inline struct MHD_Daemon *app_http_start(
    uint16_t port, unsigned int connections, unsigned int idle_seconds, MHD_AccessHandlerCallback handle,
    MHD_RequestCompletedCallback completed, void *context) {
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    unsigned int flags =
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ITC;
    return MHD_start_daemon(
        flags, port, NULL, NULL, handle, context, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
        MHD_OPTION_NOTIFY_COMPLETED, completed, context, MHD_OPTION_CONNECTION_LIMIT, connections,
        MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)65536,
        MHD_OPTION_END);
}

/// A header of a request; NULL if it has none of this name.
static inline const char *app_http_header(struct MHD_Connection *connection, const char *name) {
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static inline enum MHD_Result app_http_add_header(
    struct MHD_Response *response, const char *name, const char *value) {
    return MHD_add_response_header(response, name, value);
}

/// A response that holds a copy of some bytes.
static inline struct MHD_Response *app_http_response(size_t count, const void *bytes) {
    return MHD_create_response_from_buffer(count, (void *)bytes, MHD_RESPMEM_MUST_COPY);
}
#endif
