// The HTTP server: GNU libmicrohttpd on 127.0.0.1, because it runs behind the proxy of `offstage up`. It gives each
// connection its own thread, so a handler may wait there for Swift's asynchronous code. No handler ever runs on the
// cooperative pool.

import CMicroHTTPD
import Foundation
import Synchronization

final class HTTPServer: Sendable {
    private static let connections: UInt32 = 200
    private static let idleSeconds: UInt32 = 60
    /// How long running requests may continue when the server stops.
    private static let grace = Duration.seconds(10)

    let site: Site
    private let daemon = Mutex<UInt>(0)
    private let exchanges = Mutex(0)

    /// Starts the server. Throws if it cannot listen on the port.
    init(port: UInt16, site: Site) throws {
        self.site = site
        let started = app_http_start(
            port, Self.connections, Self.idleSeconds, handleRequest, requestEnded,
            Unmanaged.passUnretained(self).toOpaque())
        guard let started else {
            throw WebError(description: "cannot listen on 127.0.0.1:\(port): \(String(cString: strerror(errno)))")
        }
        daemon.withLock { $0 = UInt(bitPattern: started) }
    }

    /// Accepts no new connections, lets running requests finish for up to `grace`, and stops.
    func stop() async {
        guard let daemon = OpaquePointer(bitPattern: daemon.withLock({ $0 })) else { return }
        let listener = MHD_quiesce_daemon(daemon)
        let last = ContinuousClock.now + Self.grace
        while exchanges.withLock({ $0 }) > 0, ContinuousClock.now < last {
            try? await Task.sleep(for: .milliseconds(20))
        }
        await withCheckedContinuation { continuation in
            let address = UInt(bitPattern: daemon)
            Thread.detachNewThread {
                MHD_stop_daemon(OpaquePointer(bitPattern: address))
                if listener >= 0 { close(listener) }
                continuation.resume()
            }
        }
    }

    fileprivate func begin() { exchanges.withLock { $0 += 1 } }
    fileprivate func end() { exchanges.withLock { $0 -= 1 } }
}

/// Called with the head of a request, then with each piece of its body, then without data.
private nonisolated func handleRequest(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ bytes: UnsafePointer<CChar>?,
    _ count: UnsafeMutablePointer<Int>?, _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let context, let connection, let url, let method, let count, let state else { return .NO }
    let server = Unmanaged<HTTPServer>.fromOpaque(context).takeUnretainedValue()
    guard let known = state.pointee else {
        let exchange = Exchange(server.site, connection, method: String(cString: method), path: String(cString: url))
        state.pointee = Unmanaged.passRetained(exchange).toOpaque()
        server.begin()
        return exchange.begin()
    }
    let exchange = Unmanaged<Exchange>.fromOpaque(known).takeUnretainedValue()
    guard count.pointee > 0 else { return exchange.finish() }
    let piece = UnsafeRawBufferPointer(start: bytes, count: count.pointee)
    count.pointee = 0
    return exchange.take(piece)
}

/// Called once for each request, however it ended.
private nonisolated func requestEnded(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ reason: MHD_RequestTerminationCode
) {
    guard let context, let known = state?.pointee else { return }
    Unmanaged<Exchange>.fromOpaque(known).takeRetainedValue().close()
    state?.pointee = nil
    Unmanaged<HTTPServer>.fromOpaque(context).takeUnretainedValue().end()
}
