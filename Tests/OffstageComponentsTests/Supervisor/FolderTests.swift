// The state folder belongs to one user only, even if it existed before.
import Foundation
import OffstageSystem
import Testing

@testable import OffstageComponents

@Suite("the state folder")
struct FolderTests {
    private func app() throws -> String {
        let app = FileManager.default.temporaryDirectory.appending(path: "offstage-folder-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: app, withIntermediateDirectories: true)
        return app
    }

    @Test("is closed to others if it was open", arguments: [true, false])
    func closed(isLink: Bool) throws {
        let app = try app()
        defer { try? FileManager.default.removeItem(atPath: app) }
        let place = app + (isLink ? "/elsewhere" : "/.offstage")
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        #expect(chmod(place, 0o777) == 0)
        if isLink { #expect(symlink(place, app + "/.offstage") == 0) }
        _ = try AppFolders.prepared(app: app, surroundings: [:])
        #expect(try FileManager.default.attributesOfItem(atPath: place)[.posixPermissions] as? Int == 0o700)
    }

    @Test("is refused if it belongs to another user", .enabled(if: geteuid() == 0, "only root can make such a folder"))
    func strange() throws {
        let app = try app()
        defer { try? FileManager.default.removeItem(atPath: app) }
        #expect(mkdir(app + "/.offstage", 0o777) == 0)
        #expect(chown(app + "/.offstage", ConfinedApp.stranger, ConfinedApp.stranger) == 0)
        let error = #expect(throws: ComponentError.self) { try AppFolders.prepared(app: app, surroundings: [:]) }
        #expect(error?.description.contains("belongs to another user") == true)
    }
}
