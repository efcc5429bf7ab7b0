// An app that was moved continues with its data; a copy of it cannot access the original's data.
import Foundation
import OffstageCore
import Testing

@testable import OffstageComponents

@Suite("moved and copied apps", .timeLimit(.minutes(2)))
struct MovedAppTests {
    private static let storage = ComponentName("data.storage")

    /// Makes a temporary folder with an app `a` in it. Returns its path without symbolic links.
    private func place() throws -> String {
        let given = FileManager.default.temporaryDirectory.appending(path: "offstage-moved-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: given + "/a", withIntermediateDirectories: true)
        return try #require(SystemFolders.realPath(given))
    }

    private func share(_ folder: String, _ folders: AppFolders) throws {
        try SharedFolder.link(folder, try #require(Self.storage), folders)
        #expect(
            SystemFolders.realPath("\(folders.app)/\(folder)")
                == "\(folders.state)/storage/data.storage/\(folder)")
    }

    @Test("with its state inside, a moved app finds its shared folders, and a copy has its own")
    func inside() throws {
        let place = try place()
        defer { try? FileManager.default.removeItem(atPath: place) }
        let files = FileManager.default
        for folder in ["uploads", "public/deep/pictures"] {
            try share(folder, AppFolders.prepared(app: place + "/a", surroundings: [:]))
        }
        #expect(files.createFile(atPath: place + "/a/uploads/kept", contents: nil))
        try files.moveItem(atPath: place + "/a", toPath: place + "/b")
        #expect(files.fileExists(atPath: place + "/b/uploads/kept"))
        try files.copyItem(atPath: place + "/b", toPath: place + "/c")
        for app in ["b", "c"] {
            let folders = try AppFolders.prepared(app: "\(place)/\(app)", surroundings: [:])
            for folder in ["uploads", "public/deep/pictures"] { try share(folder, folders) }
            #expect(files.fileExists(atPath: "\(place)/\(app)/uploads/kept"))
        }
        // Links as earlier versions made them, with absolute paths: they lead nowhere, or into the app that this is a
        // copy of.
        for app in ["a", "b"] {
            try files.removeItem(atPath: place + "/c/uploads")
            try files.createSymbolicLink(
                atPath: place + "/c/uploads",
                withDestinationPath: "\(place)/\(app)/.offstage/storage/data.storage/uploads")
            try share("uploads", AppFolders.prepared(app: place + "/c", surroundings: [:]))
        }
    }

    @Test("a link that belongs to somebody else is left alone")
    func foreign() throws {
        let place = try place()
        defer { try? FileManager.default.removeItem(atPath: place) }
        let files = FileManager.default
        try files.createDirectory(
            atPath: place + "/disk/storage/data.storage/uploads", withIntermediateDirectories: true)
        let folders = try AppFolders.prepared(app: place + "/a", surroundings: [:])
        for target in ["/nowhere/uploads", "\(place)/disk/storage/data.storage/uploads"] {
            try files.createSymbolicLink(atPath: place + "/a/uploads", withDestinationPath: target)
            #expect(throws: ComponentError.self) { try share("uploads", folders) }
            #expect(try files.destinationOfSymbolicLink(atPath: place + "/a/uploads") == target)
            try files.removeItem(atPath: place + "/a/uploads")
        }
    }

    @Test("with its state elsewhere, a moved app keeps it, and a copy is refused until it has its own")
    func elsewhere() throws {
        let place = try place()
        defer { try? FileManager.default.removeItem(atPath: place) }
        let files = FileManager.default
        let home = ["HOME": place + "/home"]
        let first = try AppFolders.prepared(app: place + "/a", surroundings: home)
        #expect(!first.isStateInApp)
        try share("uploads", first)

        try files.moveItem(atPath: place + "/a", toPath: place + "/b")
        let moved = try AppFolders.prepared(app: place + "/b", surroundings: home)
        #expect(moved.state == first.state)
        #expect(SmallFile.read(first.state + "/app") == "\(place)/b\n")
        try share("uploads", moved)

        try files.copyItem(atPath: place + "/b", toPath: place + "/c")
        let refused = ComponentError(
            "\"\(place)/c\" is a copy of \"\(place)/b\" and would use its data; remove the link"
                + " \"\(place)/c/.offstage\", and it gets a state of its own")
        #expect(throws: refused) { try AppFolders(app: place + "/c") }
        #expect(throws: refused) { try AppFolders.prepared(app: place + "/c", surroundings: home) }
        #expect(SmallFile.read(first.state + "/app") == "\(place)/b\n")

        try files.removeItem(atPath: place + "/c/.offstage")
        let copy = try AppFolders.prepared(app: place + "/c", surroundings: home)
        #expect(copy.state != moved.state)
        try share("uploads", copy)
        #expect(try AppFolders(app: place + "/b") == moved)
    }

    @Test("every command refuses a copy")
    func commands() async throws {
        let app = try RunningApp("worker.main: { start: exec sleep 100 }")
        #expect(try await app.offstage("run", "--", "true").status == 0)
        let copy = app.folder + "-copy"
        try FileManager.default.copyItem(atPath: app.folder, toPath: copy)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let commands = [
            ["up"], ["ps"], ["down"], ["logs"], ["scale", "worker.main=2"], ["restart", "worker.main"],
            ["run", "worker.main"], ["export", "systemd"],
        ]
        for words in commands {
            let answer = try await app.offstage(words + ["--folder", copy])
            #expect(answer.status == 1, "\(words): \(answer)")
            #expect(answer.output.contains("is a copy of \"\(app.folder)\""), "\(words): \(answer)")
        }
    }
}
