// An app whose state lies elsewhere, moved or copied. The link `.offstage` goes along with the app's folder: after a
// move it still leads to what is the app's own, after a copy to what is another app's. The state's file `app` tells the
// two apart: it names the folder that the state belongs to.
import OffstageCore
import OffstageSystem

extension AppFolders {
    private var ownerFile: String { state + "/app" }

    /// Throws one line if the state is that of another app, of which this one is a copy.
    func checkOwner() throws(ComponentError) {
        guard !isStateInApp, let owner = recordedOwner, owner != app,
            SystemFolders.realPath(owner + "/.offstage") == state, !Self.isSame(owner, app)
        else { return }
        throw ComponentError(
            "\(Names.quoted(app)) is a copy of \(Names.quoted(owner)) and would use its data; remove the link"
                + " \(Names.quoted(app + "/.offstage")), and it gets a state of its own")
    }

    /// Notes whose the state is: of a new app, and of one that was moved.
    func noteOwner() throws(ComponentError) {
        guard !isStateInApp, recordedOwner != app else { return }
        try SmallFile.write(app + "\n", to: ownerFile)
    }

    private var recordedOwner: String? {
        SmallFile.read(ownerFile).map { $0.hasSuffix("\n") ? String($0.dropLast()) : $0 }
    }

    /// One folder under two names, as a bind mount makes them.
    private static func isSame(_ one: String, _ other: String) -> Bool {
        var (first, second) = (stat(), stat())
        return stat(one, &first) == 0 && stat(other, &second) == 0 && first.st_ino == second.st_ino
            && first.st_dev == second.st_dev
    }
}
