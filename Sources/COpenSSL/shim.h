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
/// A peer that just goes is an end like any other: replies tell by themselves whether they are whole.
static inline void offstage_ssl_ends_as_it_likes(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
}
static inline int offstage_ssl_no_passphrase(char *buffer, int size, int writing, void *context) {
    (void)buffer; (void)size; (void)writing; (void)context;
    return 0;
}
/// An encrypted key is an error, and no question on the terminal.
static inline void offstage_ssl_never_ask(SSL_CTX *context) {
    SSL_CTX_set_default_passwd_cb(context, offstage_ssl_no_passphrase);
}
/// Whether the error is an alert that the peer sent: it will not have us.
static inline int offstage_ssl_is_alert(unsigned long code) {
    return ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) >= SSL_AD_REASON_OFFSET;
}
static inline int offstage_ssl_server_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}
#endif
