// The other side of the control socket, for the commands that steer a running app.
package import OffstageCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Asks a running `offstage up`.
package enum ControlClient {
    private static let mostBytes = 4 << 20

    /// Sends a request and waits for the answer, however long a restart takes; nil if no `up` runs in the folder.
    /// Throws the reason if it was refused.
    package static func ask(_ request: ControlRequest, _ folders: AppFolders) async throws -> JSON? {
        let path = folders.control
        let answer = await OwnThread.call { () -> Result<[UInt8]?, ComponentError> in
            do throws(ComponentError) {
                guard let connection = try UnixSocket.connect(path) else { return .success(nil) }
                defer { _ = close(connection) }
                SocketLine.write(connection, request.line + [0x0A])
                guard let line = SocketLine.read(connection, limit: mostBytes) else {
                    return .failure(ComponentError("offstage up ended before it answered"))
                }
                return .success(line)
            } catch {
                return .failure(error)
            }
        }
        guard let line = try answer?.get() else { return nil }
        let json = try JSON.parse(line)
        guard json["ok"] == .bool(true) else {
            throw ComponentError(json["error"]?.stringValue ?? "offstage up gave an answer that is none")
        }
        return json
    }
}
