// One connected socket, plain or with TLS, that never blocks: each step moves some bytes, or returns what to wait for,
// or that the stream has ended. `RedisSocket+Connect.swift` makes the connection.
import COpenSSL
import OffstageSystem

// Proof: one thread at a time uses it; the dialing thread passes it on through a Mutex and keeps no reference.
/// A stream of bytes from and to a server.
final class RedisSocket: @unchecked Sendable {
    /// The result of a read or a write.
    enum Step {
        /// This many bytes were moved, at least one.
        case moved(Int)
        /// Nothing can be moved now: wait for these events of poll().
        case wait(Int16)
        /// The peer closed the stream.
        case ended
        /// The connection broke.
        case broken(WireFailure)
    }

    /// The server that it is connected to.
    let address: RedisAddress
    /// The descriptor to poll.
    let descriptor: Int32
    private let ssl: OpaquePointer?

    init(address: RedisAddress, descriptor: Int32, ssl: OpaquePointer?) {
        self.address = address
        self.descriptor = descriptor
        self.ssl = ssl
    }

    deinit {
        if let ssl {
            // Sends the TLS shutdown as far as that is possible without waiting.
            ERR_clear_error()
            if SSL_is_init_finished(ssl) == 1 { SSL_shutdown(ssl) }
            SSL_free(ssl)
        }
        close(descriptor)
    }

    /// Whether bytes can be buffered in memory when the socket has none. Then reading must continue until it returns
    /// `wait`.
    var keepsBytes: Bool { ssl != nil }

    /// Reads what is available.
    func read(into room: UnsafeMutableRawBufferPointer) -> Step {
        if let ssl {
            ERR_clear_error()
            let count = SSL_read(ssl, room.baseAddress, Int32(clamping: room.count))
            return count > 0 ? .moved(Int(count)) : tlsStep(ssl, count)
        }
        while true {
            let count = recv(descriptor, room.baseAddress, room.count, 0)
            if count > 0 { return .moved(count) }
            if count == 0 { return .ended }
            if errno == EINTR { continue }
            return errno == EAGAIN || errno == EWOULDBLOCK ? .wait(Int16(POLLIN)) : .broken(systemFailure())
        }
    }

    /// Writes as much as the socket accepts.
    func write(_ bytes: UnsafeRawBufferPointer) -> Step {
        if let ssl {
            ERR_clear_error()
            let count = SSL_write(ssl, bytes.baseAddress, Int32(clamping: bytes.count))
            return count > 0 ? .moved(Int(count)) : tlsStep(ssl, count)
        }
        while true {
            let count = send(descriptor, bytes.baseAddress, bytes.count, 0)
            if count > 0 { return .moved(count) }
            if errno == EINTR { continue }
            return errno == EAGAIN || errno == EWOULDBLOCK ? .wait(Int16(POLLOUT)) : .broken(systemFailure())
        }
    }

    /// Does one step of the TLS handshake. Returns nil when it is complete.
    func handshake() -> Step? {
        guard let ssl else { return nil }
        ERR_clear_error()
        let code = SSL_do_handshake(ssl)
        if code == 1 { return nil }
        let verified = SSL_get_verify_result(ssl)
        guard verified == X509_V_OK else {
            let reason = String(cString: X509_verify_cert_error_string(verified))
            return .broken(.refused("\(address): its certificate is not accepted: \(reason)"))
        }
        return tlsStep(ssl, code)
    }

    private func tlsStep(_ ssl: OpaquePointer, _ code: Int32) -> Step {
        let number = errno
        switch SSL_get_error(ssl, code) {
        case SSL_ERROR_WANT_READ: return .wait(Int16(POLLIN))
        case SSL_ERROR_WANT_WRITE: return .wait(Int16(POLLOUT))
        case SSL_ERROR_ZERO_RETURN: return .ended
        case SSL_ERROR_SYSCALL:
            return number == 0
                ? .ended : .broken(.unreachable("\(address): \(LibC.reason(number))"))
        default:
            guard let error = TLSContext.lastError() else { return .ended }
            let mayBePlain = error.text.contains("wrong version number") ? " (does it speak TLS at all?)" : ""
            let text = "\(address): TLS: \(error.text)\(mayBePlain)"
            return .broken(error.isAlert || !mayBePlain.isEmpty ? .refused(text) : .unreachable(text))
        }
    }

    private func systemFailure() -> WireFailure {
        .unreachable("\(address): \(LibC.reason(errno))")
    }
}
