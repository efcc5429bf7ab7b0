// The bytes of a connection: waiting calls are written in as few writes as the socket allows, and received bytes are
// parsed and matched with the calls that were sent.
import CHiredis
import OffstageCore
import OffstageSystem

extension ConnectionLoop {
    /// An established connection.
    final class Line {
        let socket: RedisSocket
        let reader: ReplyReader
        let room: Room
        var output: [UInt8] = []
        var outputStart = 0
        /// The event that the socket needs before more can be written; 0 if nothing is blocked.
        var heldUpBy: Int16 = 0
        var readWaitsFor = Int16(POLLIN)
        var lastHeard: Int64
        var hasAnswered = false

        init(_ socket: RedisSocket, mostReplyBytes: Int, now: Int64) {
            self.socket = socket
            reader = ReplyReader(mostReplyBytes: mostReplyBytes)
            room = Room()
            lastHeard = now
        }

        /// The events to poll for.
        var events: Int16 { Int16(POLLIN) | heldUpBy | readWaitsFor }
    }

    /// The buffer for received bytes.
    final class Room {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        deinit { bytes.deallocate() }
    }

    private static let enoughBytes = 256 << 10

    /// Writes what waits, as far as the socket accepts it.
    func send() {
        while let line {
            refill(line)
            guard line.outputStart < line.output.count else { return }
            let step = line.output.withUnsafeBytes { bytes in
                line.socket.write(UnsafeRawBufferPointer(rebasing: bytes[line.outputStart...]))
            }
            switch step {
            case .moved(let count): line.outputStart += count
            case .wait(let events):
                line.heldUpBy = events
                return
            case .ended: lose(.unreachable("\(server): it ended the connection"))
            case .broken(let failure): lose(failure)
            }
        }
    }

    /// Appends waiting calls to the unwritten bytes.
    private func refill(_ line: Line) {
        line.heldUpBy = 0
        if line.outputStart == line.output.count {
            line.output.removeAll(keepingCapacity: line.output.count <= 4 * Self.enoughBytes)
            line.outputStart = 0
        } else if line.outputStart > 4 * Self.enoughBytes {
            line.output.removeFirst(line.outputStart)
            line.outputStart = 0
        }
        let wasQuiet = pipeline.sent.isEmpty
        if pipeline.fill(&line.output, enough: line.outputStart + Self.enoughBytes), wasQuiet { line.lastHeard = now }
    }

    /// Reads what has arrived, and finishes the calls.
    func receive() {
        while let line {
            switch line.socket.read(into: line.room.bytes) {
            case .moved(let count):
                heard()
                take(UnsafeRawBufferPointer(rebasing: line.room.bytes[..<count]))
                guard self.line != nil, count == line.room.bytes.count || line.socket.keepsBytes else { return }
            case .wait(let events):
                self.line?.readWaitsFor = events
                return
            case .ended: lose(.unreachable("\(server): it ended the connection"))
            case .broken(let failure): lose(failure)
            }
        }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        guard let line else { return }
        var mustLeave = false
        do {
            try line.reader.feed(bytes)
            while let reply = try line.reader.next() {
                if let push = connection.hooks.push {
                    let isPush: Bool
                    do { isPush = try push(RedisReply(UnsafePointer(reply))) } catch {
                        freeReplyObject(reply)
                        throw error
                    }
                    if isPush {
                        proven()
                        freeReplyObject(reply)
                        continue
                    }
                }
                let demand = try pipeline.take(reply, from: line.socket.address, now: now)
                proven()
                switch demand {
                case .nothing: break
                case .suspect: if connection.hooks.suspectsErrors { connection.hooks.suspect() }
                case .leave: mustLeave = mustLeave || connection.hooks.leavesReplicas
                case .redirect(let exchange, let address, let asks): redirect(exchange, address, asks)
                }
            }
        } catch let broken as ReplyReader.Broken {
            if broken.isTooLarge { pipeline.failFirst(broken.description, server: server) }
            lose(.unreachable("\(server): \(broken)"))
        } catch let failure as WireFailure {
            lose(failure)
        } catch {
            lose(.unreachable("\(server): \(error)"))
        }
        if mustLeave { lose(.unreachable("\(server): it is a replica now"), isExpected: true) }
    }

    private func redirect(_ exchange: Exchange, _ address: RedisAddress, _ asks: Bool) {
        pipeline.release(exchange)
        exchange.loadsScript = false
        guard let redirect = connection.hooks.redirect else {
            let text =
                "\(server): it is a node of a cluster, write redis+cluster:// (\(exchange.name) belongs to \(address))"
            exchange.finish(.failed(.unusable(text)))
            return
        }
        exchange.asks = asks
        redirect(exchange, address)
    }
}
