// The replies of the control socket: `{"ok":true,…}` or `{"ok":false,"error":"…"}`.
package import OffstageCore

/// Creates replies: lines of JSON, without the line end.
package enum ControlReply {
    /// Returns the reply to a request that was carried out.
    package static func done(_ members: (inout JSONWriter) -> Void = { _ in }) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("ok", true)
        members(&writer)
        writer.endObject()
        return writer.bytes
    }

    /// Returns the reply to a request that failed, with the reason.
    package static func failure(_ reason: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("ok", false)
        writer.member("error", reason)
        writer.endObject()
        return writer.bytes
    }
}

extension InstanceStatus {
    /// Writes it as a JSON object.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("component", component)
        writer.member("instance", instance)
        writer.member("state", phase.rawValue)
        writer.member("failing", isFailing)
        writer.member("leaving", isLeaving)
        writer.member("pid", pid)
        writer.member("port", port)
        writer.member("seconds", seconds)
        writer.member("restarts", restarts)
        writer.member("last_end", lastEnd)
        writer.member("memory", memory)
        writer.endObject()
    }
}
