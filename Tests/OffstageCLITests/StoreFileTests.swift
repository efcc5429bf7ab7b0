// Stores that cannot be used: one clear line each, status 1, and the file left as it was.
import Foundation
import OffstageCore
import Testing

@Suite struct StoreFileTests {
    private let scratch = Scratch()

    private func refused(_ path: String) async throws -> String {
        let result = try await Program.run("queues", "--store", "sqlite:\(path)", in: scratch)
        #expect(result.status == 1, "\(result)")
        #expect(result.output.isEmpty)
        #expect(result.messages.split(separator: "\n").count == 1, "\(result.messages)")
        return result.messages
    }

    @Test func aFolderAMissingFolderAndAnotherFileAreTold() async throws {
        #expect(try await refused(scratch.path).contains("is not a file"))
        #expect(try await refused("no/such/folder/x.db").contains("there is no folder"))
        let text = try scratch.write("notes.txt", String(repeating: "not a database\n", count: 500))
        #expect(try await refused(text).contains("notes.txt"))
        #expect(scratch.read("notes.txt").hasPrefix("not a database"))
    }

    @Test func migrateMakesAStoreAndLeavesOneThatIsUpToDate() async throws {
        let made = try await Program.run("migrate", "--json", in: scratch)
        #expect(made.status == 0, "\(made)")
        #expect(try JSON.parse(made.output)["from"] == .number("0"))
        let id = try await Program.run("enqueue", "t", in: scratch).lines[0]
        let again = try await Program.run("migrate", in: scratch)
        #expect(again.output.contains("is up to date"), "\(again)")
        #expect(try await Program.run("show", id, in: scratch).status == 0)
    }

    @Test func doctorFindsASoundStoreSound() async throws {
        _ = try await Program.run("enqueue", "t", in: scratch)
        let result = try await Program.run("doctor", "--json", in: scratch)
        #expect(result.status == 0, "\(result)")
        let document = try JSON.parse(result.output)
        #expect(document["ok"] == .bool(true))
        #expect(document["store"] == .string("sqlite"))
    }

    @Test func namespacesKeepAppsApart() async throws {
        _ = try await Program.run("enqueue", "t", "--store", "\(scratch.store)?namespace=a", in: scratch)
        #expect(
            try await Program.run("jobs", "--json", "--store", "\(scratch.store)?namespace=a", in: scratch).lines.count
                == 1)
        #expect(
            try await Program.run("jobs", "--json", "--store", "\(scratch.store)?namespace=b", in: scratch).lines
                .isEmpty)
        #expect(try await Program.run("jobs", "--json", in: scratch).lines.isEmpty)
    }

    @Test func benchMeasuresAndCleansUp() async throws {
        let result = try await Program.run("bench", "--jobs", "2000", "--backlog", "0", "--json", in: scratch)
        #expect(result.status == 0, "\(result.messages)")
        let document = try JSON.parse(result.output)
        #expect((document["enqueue_bulk"]?["jobs_per_s"]?.integerValue ?? 0) > 0)
        #expect((document["drain"]?["ratio"]?.doubleValue ?? 0) > 0)
        #expect((document["pickup_ms"]?["samples"]?.integerValue ?? 0) > 0)
        let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
        #expect(!left.contains { $0.hasPrefix("offstage-bench") }, "\(left)")
    }
}
