// What all TLS connections of one client share: the trusted authorities, and the client's own certificate. It is made
// once, when the client opens, so an invalid file is reported then and not at the first broken connection.
import COpenSSL
import OffstageCore

// Proof: OpenSSL counts references to an SSL_CTX and locks it; it is changed only in init, before it is shared.
/// The client's side of TLS.
final class TLSContext: @unchecked Sendable {
    private let context: OpaquePointer
    private let verifiesHost: Bool

    /// Reads the certificates. Throws `unusable` with a line that names the file.
    init(_ url: RedisURL) throws {
        ERR_clear_error()
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw Self.unusable("TLS cannot be set up") }
        self.context = context
        verifiesHost = url.verifiesHost
        guard offstage_ssl_oldest_tls12(context) == 1 else { throw Self.unusable("TLS 1.2 cannot be set up") }
        offstage_ssl_partial_writes(context)
        offstage_ssl_ends_as_it_likes(context)
        offstage_ssl_never_ask(context)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        if let authorities = url.authorities {
            guard SSL_CTX_load_verify_locations(context, authorities, nil) == 1 else {
                throw Self.unusable("the certificate authorities in \(authorities) cannot be read")
            }
        } else {
            guard SSL_CTX_set_default_verify_paths(context) == 1 else {
                throw Self.unusable("the system's certificate authorities cannot be read")
            }
        }
        guard let certificate = url.certificate else { return }
        let key = url.key ?? certificate
        guard SSL_CTX_use_certificate_chain_file(context, certificate) == 1 else {
            throw Self.unusable("the client's certificate in \(certificate) cannot be read")
        }
        guard SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1 else {
            throw Self.unusable("the client's private key in \(key) cannot be used")
        }
        guard SSL_CTX_check_private_key(context) == 1 else {
            throw Self.unusable("the private key in \(key) does not belong to the certificate in \(certificate)")
        }
    }

    deinit { SSL_CTX_free(context) }

    /// Makes a session on a connected socket, for a server with the name `host`. Returns nil if there is no memory.
    func session(on descriptor: Int32, host: String, isAddress: Bool) -> OpaquePointer? {
        guard let ssl = SSL_new(context) else { return nil }
        var fits = SSL_set_fd(ssl, descriptor) == 1
        if !isAddress { fits = fits && offstage_ssl_server_name(ssl, host) == 1 }
        if verifiesHost {
            let wanted = SSL_get0_param(ssl)
            X509_VERIFY_PARAM_set_hostflags(wanted, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
            let code =
                isAddress
                ? X509_VERIFY_PARAM_set1_ip_asc(wanted, host)
                : X509_VERIFY_PARAM_set1_host(wanted, host, host.utf8.count)
            fits = fits && code == 1
        }
        guard fits else {
            SSL_free(ssl)
            return nil
        }
        SSL_set_connect_state(ssl)
        return ssl
    }

    /// Returns the text of OpenSSL's oldest queued error and whether it was an alert from the peer; nil if there is
    /// none.
    static func lastError() -> (text: String, isAlert: Bool)? {
        let code = ERR_get_error()
        guard code != 0 else { return nil }
        ERR_clear_error()
        let text = ERR_reason_error_string(code).map { String(cString: $0) } ?? "TLS error \(code)"
        return (text, offstage_ssl_is_alert(code) == 1)
    }

    private static func unusable(_ what: String) -> StoreError {
        .unusable(what + (lastError().map { ": \($0.text)" } ?? ""))
    }
}
