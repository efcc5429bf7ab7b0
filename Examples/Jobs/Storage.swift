// The folder that the web side and the worker side share. Each may have it at a different path. So a job names a file
// by its path relative to that folder, and each side prepends its own path.

import Foundation

package enum Storage {
    /// The environment variable with the path of the shared folder in this process.
    package static let variable = "UPLOADS"

    /// The path of the shared folder in this process; `uploads` in the current folder unless the variable is set.
    package static var folder: String {
        let told = ProcessInfo.processInfo.environment[variable] ?? ""
        return told.isEmpty ? "uploads" : told
    }

    /// Returns the path of a file in the shared folder. An absolute path stays as it is.
    package static func place(of path: String) -> String {
        path.hasPrefix("/") ? path : "\(folder)/\(path)"
    }
}
