// The user whom root makes an app's folders for. They are closed to all others, so they must be that user's own.
import OffstageCore
import OffstageSystem

/// A user of this machine who is to have an app's folders.
package struct FolderOwner: Sendable, Hashable {
    /// The name, or the number of one who has none.
    package let name: String
    /// The number.
    package let user: UInt32
    let group: UInt32

    /// Looks up a name or a number; throws if there is no such user.
    package init(_ name: String) throws(ComponentError) {
        self.name = name
        if let facts = getpwnam(name) ?? UInt32(name).flatMap({ getpwuid($0) }) {
            (user, group) = (facts.pointee.pw_uid, facts.pointee.pw_gid)
        } else if let number = UInt32(name) {
            (user, group) = (number, number)
        } else {
            throw ComponentError("there is no user \(Names.quoted(name)) on this machine")
        }
    }

    /// This process' user.
    package static func current() throws(ComponentError) -> FolderOwner {
        let number = geteuid()
        return try FolderOwner(getpwuid(number).map { String(cString: $0.pointee.pw_name) } ?? "\(number)")
    }

    /// Gives the user what was just made, itself and not what it may lead to.
    func take(_ path: String) {
        _ = lchown(path, user, group)
    }

    /// Whether it is the user's.
    func has(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_uid == user
    }
}
