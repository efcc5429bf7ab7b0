// One connected socket, plain or with TLS in it, that never blocks: each step moves some bytes, or says what to wait
// for, or that it is over. How it came to be connected stands in `RedisSocket+Connect.swift`.
import COpenSSL
import OffstageSystem

// Proof: it is used by one thread at a time; the thread that dials gives it away through a Mutex and keeps nothing.
/// A stream of bytes from and to a server.
final class RedisSocket: @unchecked Sendable {
    /// What a read or a write came to.
    enum Step {
        /// So many bytes were moved, at least one.
        case moved(Int)
        /// Nothing now: wait for these events of poll().
        case wait(Int16)
        /// The other side ended the stream.
        case ended
        /// It broke.
        case broken(WireFailure)
    }

    /// Whom it is connected with.
    let address: RedisAddress
    /// What poll() waits on.
    let descriptor: Int32
    private let ssl: OpaquePointer?

    init(address: RedisAddress, descriptor: Int32, ssl: OpaquePointer?) {
        self.address = address
        self.descriptor = descriptor
        self.ssl = ssl
    }

    deinit {
        if let ssl {
            // Says goodbye as far as that can be said without waiting.
            ERR_clear_error()
            if SSL_is_init_finished(ssl) == 1 { SSL_shutdown(ssl) }
            SSL_free(ssl)
        }
        close(descriptor)
    }

    /// Whether bytes can be left in memory when the socket has none: then reading goes on until it says to wait.
    var keepsBytes: Bool { ssl != nil }

    /// Reads what is there.
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

    /// Writes as much as there is room for.
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

    /// One step of the TLS handshake; nil when it is done.
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
