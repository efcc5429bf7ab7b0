// The folder that the web side and the worker side share. Each may have it in another place, so what a job says of a
// file is its path from there, and each side puts its own place before it.

import Foundation

package enum Storage {
    /// The variable that says where this process has the shared folder.
    package static let variable = "UPLOADS"

    /// Where this process has the shared folder; `uploads` in its own folder unless told otherwise.
    package static var folder: String {
        let told = ProcessInfo.processInfo.environment[variable] ?? ""
        return told.isEmpty ? "uploads" : told
    }

    /// The place of a file of the shared folder; an absolute path stays as it is.
    package static func place(of path: String) -> String {
        path.hasPrefix("/") ? path : "\(folder)/\(path)"
    }
}
