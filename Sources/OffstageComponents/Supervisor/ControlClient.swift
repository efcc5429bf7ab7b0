// The client of the control socket, for the commands that control a running app.
package import OffstageCore
import OffstageSystem

/// Sends requests to a running `offstage up`.
package enum ControlClient {
    private static let mostBytes = 4 << 20

    /// Sends a request and waits for the answer, however long a restart takes. Returns nil if no `up` or `run` serves
    /// the folder. Throws the reason if the request was refused.
    package static func ask(_ request: ControlRequest, _ folders: AppFolders) async throws -> JSON? {
        let answer = await SystemThread.call { () -> Result<[UInt8]?, ComponentError> in
            do throws(ComponentError) {
                guard let connection = try UnixSocket.connect(folders.control) else { return .success(nil) }
                defer { _ = close(connection) }
                // Read it only after connecting: each `up` writes its own token before it listens.
                guard let token = SmallFile.read(folders.token) else {
                    let reason = LibC.reason(errno)
                    return .failure(ComponentError("cannot read \(Names.quoted(folders.token)): \(reason)"))
                }
                SocketLine.write(connection, request.line(token: token) + [0x0A])
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
