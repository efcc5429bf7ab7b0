// OpenSSL as the system ships it, with the calls that are macros there, and so do not import into Swift.
#ifndef OFFSTAGE_COPENSSL_SHIM_H
#define OFFSTAGE_COPENSSL_SHIM_H
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

static inline int offstage_ssl_oldest_tls12(SSL_CTX *context) {
    return (int)SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}
/// Lets a write end early, and go on from a buffer that has moved: both happen on a non-blocking socket.
static inline void offstage_ssl_partial_writes(SSL_CTX *context) {
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}
static inline int offstage_ssl_server_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}
#endif
