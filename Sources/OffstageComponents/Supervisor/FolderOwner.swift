// The user for whom root creates an app's folders. Only that user can access them, so they must belong to that user.
import OffstageCore
import OffstageSystem

/// A user of this machine who becomes the owner of an app's folders.
package struct FolderOwner: Sendable, Hashable {
    /// The user's name, or the number of a user without a name.
    package let name: String
    /// The user id.
    package let user: UInt32
    let group: UInt32

    /// Looks up a name or a number. Throws if there is no such user.
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

    /// Returns the user of this process.
    package static func current() throws(ComponentError) -> FolderOwner {
        let number = geteuid()
        return try FolderOwner(getpwuid(number).map { String(cString: $0.pointee.pw_name) } ?? "\(number)")
    }

    /// Gives the user what was just created; does not follow a link.
    func take(_ path: String) {
        _ = lchown(path, user, group)
    }

    /// Returns whether the user owns it.
    func has(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_uid == user
    }
}
