// The shared state of the proxy's threads. One thread accepts connections. Each connection has one thread per
// direction, which reads, waits while the proxy is stalled, asks how much it may pass on, and passes that on.
import Foundation
import OffstageCore
import Synchronization

/// The proxy's state and threads.
final class ProxyCore: Sendable {
    struct Facts: Sendable {
        var accepted = 0
        var connections = 0
        var cuts = 0
        var bytes: [CuttingProxy.Way: Int] = [:]
    }

    private struct State {
        var facts = Facts()
        var budgets: [CuttingProxy.Way: Int] = [:]
        var isStalled = false
        var links: [ObjectIdentifier: ProxyLink] = [:]
        var door: ProxyDoor?
    }

    private let server: RedisAddress
    private let state = Mutex(State())
    /// Signalled when the proxy is no longer stalled or a connection was cut, for threads that hold bytes back.
    private let news = NSCondition()

    init(to server: RedisAddress) { self.server = server }

    var facts: Facts {
        state.withLock { state in
            var facts = state.facts
            facts.connections = state.links.count
            return facts
        }
    }

    // MARK: Requests of the test

    func setBudget(_ count: Int, _ way: CuttingProxy.Way) { state.withLock { $0.budgets[way] = count } }

    func setStalled(_ isStalled: Bool) {
        state.withLock { $0.isStalled = isStalled }
        tell()
    }

    func cutAll() {
        let links = state.withLock { state in
            state.facts.cuts += state.links.count
            return Array(state.links.values)
        }
        for link in links { link.cut() }
        tell()
    }

    func open(_ port: Int) throws {
        let door = try ProxyDoor(port)
        let before = state.withLock { state in
            defer { state.door = door }
            return state.door
        }
        before?.close()
        Thread.detachNewThread { door.take { self.take($0) } }
    }

    func close() {
        let door = state.withLock { state in
            defer { state.door = nil }
            return state.door
        }
        door?.close()
    }

    func end() {
        close()
        setStalled(false)
        cutAll()
    }

    private func tell() {
        news.lock()
        news.broadcast()
        news.unlock()
    }

    // MARK: Threads

    private func take(_ client: Int32) {
        guard let upstream = try? LoopbackSocket.connected(to: server, within: .seconds(5)) else {
            Foundation.close(client)
            return
        }
        LoopbackSocket.setBound(.zero, on: upstream)
        let link = ProxyLink(client: client, server: upstream)
        state.withLock { state in
            state.facts.accepted += 1
            state.links[ObjectIdentifier(link)] = link
        }
        for way in CuttingProxy.Way.allCases {
            Thread.detachNewThread {
                self.pump(link, way)
                guard link.release() else { return }
                _ = self.state.withLock { $0.links.removeValue(forKey: ObjectIdentifier(link)) }
            }
        }
    }

    /// Passes bytes on in one direction until either side disconnects.
    private func pump(_ link: ProxyLink, _ way: CuttingProxy.Way) {
        let (source, sink) = link.ends(way)
        while let bytes = LoopbackSocket.readSome(65_536, from: source) {
            waitWhileStalled(link)
            let (passed, isCut) = allowance(of: bytes.count, way)
            if passed > 0, !LoopbackSocket.writeAll(bytes[..<passed], to: sink) { break }
            if isCut { break }
        }
        link.cut()
        tell()
    }

    private func waitWhileStalled(_ link: ProxyLink) {
        news.lock()
        defer { news.unlock() }
        while state.withLock({ $0.isStalled }), !link.isCut { news.wait() }
    }

    /// How many of `count` bytes may pass, and whether the connection must be cut after them.
    private func allowance(of count: Int, _ way: CuttingProxy.Way) -> (passed: Int, isCut: Bool) {
        state.withLock { state in
            var passed = count
            var isCut = false
            if let budget = state.budgets[way] {
                passed = min(budget, count)
                isCut = budget < count
                state.budgets[way] = isCut ? nil : budget - count
                if isCut { state.facts.cuts += 1 }
            }
            state.facts.bytes[way, default: 0] += passed
            return (passed, isCut)
        }
    }
}
