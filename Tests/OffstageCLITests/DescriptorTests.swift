// A program that is started with closed standard descriptors must not write its messages into its own files.
import Foundation
import Testing

@Suite struct DescriptorTests {
    @Test func closedDescriptorsLeaveTheStoreSound() async throws {
        let scratch = Scratch()
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        shell.arguments = ["-c", "\"$0\" enqueue t --store \"$1\" <&- >&- 2>&-", Program.executable, scratch.store]
        await withCheckedContinuation { continuation in
            shell.terminationHandler = { _ in continuation.resume() }
            do { try shell.run() } catch { continuation.resume() }
        }
        #expect(shell.terminationStatus == 0)
        #expect(try await Program.run("jobs", "--json", in: scratch).lines.count == 1)
        #expect(try await Program.run("doctor", in: scratch).status == 0)
        for file in ["jobs.db-lock", "jobs.db-wake"] {
            let bytes = FileManager.default.contents(atPath: scratch.path + "/" + file) ?? Data()
            #expect(bytes.range(of: Data("01".utf8)) == nil, "\(file)")
        }
    }
}
