// An app with its state elsewhere that was moved or copied. The link `.offstage` goes with the app's folder. After a
// move it still leads to the app's own state; after a copy it leads to the other app's state. The file `app` in the
// state names the folder that owns the state, which distinguishes the two.
import OffstageCore
import OffstageSystem

extension AppFolders {
    private var ownerFile: String { state + "/app" }

    /// Throws a one-line error if the state belongs to another app, of which this one is a copy.
    func checkOwner() throws(ComponentError) {
        guard !isStateInApp, let owner = recordedOwner, owner != app,
            SystemFolders.realPath(owner + "/.offstage") == state, !Self.isSame(owner, app)
        else { return }
        throw ComponentError(
            "\(Names.quoted(app)) is a copy of \(Names.quoted(owner)) and would use its data; remove the link"
                + " \(Names.quoted(app + "/.offstage")), and it gets a state of its own")
    }

    /// Records this app as the state's owner, if it is new or was moved.
    func noteOwner() throws(ComponentError) {
        guard !isStateInApp, recordedOwner != app else { return }
        try SmallFile.write(app + "\n", to: ownerFile)
    }

    private var recordedOwner: String? {
        SmallFile.read(ownerFile).map { $0.hasSuffix("\n") ? String($0.dropLast()) : $0 }
    }

    /// Returns whether two names mean the same folder, as a bind mount makes them.
    private static func isSame(_ one: String, _ other: String) -> Bool {
        var (first, second) = (stat(), stat())
        return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_ino == second.st_ino
            && first.st_dev == second.st_dev
    }
}
