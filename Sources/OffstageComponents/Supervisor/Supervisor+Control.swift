// Handles the requests of the control socket.
import OffstageCore

extension Supervisor {
    /// Carries out a request and returns the reply line.
    package func answer(_ request: ControlRequest) async -> [UInt8] {
        do {
            switch request {
            case .list:
                let all = await status()
                return ControlReply.done { writer in
                    writer.key("processes")
                    writer.beginArray()
                    for one in all { one.write(to: &writer) }
                    writer.endArray()
                }
            case .environment:
                while !isDataUp, !isStopping { try await time.sleep(for: .milliseconds(50)) }
                guard !isStopping else { throw ComponentError("the data components are being stopped") }
                let all = dataEnvironment
                return ControlReply.done { writer in
                    writer.key("environment")
                    writer.beginObject()
                    for (name, value) in all.sorted(by: { $0.key < $1.key }) { writer.member(name, value) }
                    writer.endObject()
                }
            case .scale(let name, let count): try await scale(name, to: count)
            case .restart(let name): try await restart(name)
            case .down: await stop()
            }
            return ControlReply.done()
        } catch {
            return ControlReply.failure("\(error)")
        }
    }
}
