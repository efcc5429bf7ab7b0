// The bytes of a typed job's arguments are the same in every process. A job that another process enqueues again after a
// crash must be recognised as the same job.

import OffstageCore
import Testing

@Suite struct ArgumentOrderTests {
    private struct Wide: Job {
        static let name = "wide"
        var zulu = 1
        var alpha = 2
        var mike = ["y": 1, "x": 2, "w": 3, "v": 4]
        var path = "a/b"
        var bravo = 3
        func perform(in context: JobContext) async throws {}
    }

    @Test("members are sorted, dictionaries included, whatever the order of their declaration")
    func sorted() throws {
        let job = try EnqueueOptions().newJob(id: JobID(high: 1, low: 2), Wide())
        let expected = #"{"alpha":2,"bravo":3,"mike":{"v":4,"w":3,"x":2,"y":1},"path":"a/b","zulu":1}"#
        #expect(String(decoding: job.arguments, as: UTF8.self) == expected)
    }
}
