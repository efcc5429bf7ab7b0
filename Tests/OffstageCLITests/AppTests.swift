// An app's own executable gets the whole command line with one call that names its jobs.
import OffstageCLI
import OffstageCore
import OffstageWorker
import Testing

private struct Greeting: Job {
    static let name = "greeting"
    var who: String
    func perform(in context: JobContext) async throws -> String { "hello \(who)" }
}

private struct Stamp: EnqueueMiddleware {
    func enqueue(
        _ jobs: [NewJob], next: @Sendable ([NewJob]) async throws -> [EnqueueAnswer]
    ) async throws -> [EnqueueAnswer] {
        try await next(
            jobs.map { job in
                var job = job
                job.tags.append("stamped")
                return job
            })
    }
}

@Suite struct AppTests {
    @Test func itsMiddlewareAndLimitsHoldForTheCommandLineToo() async throws {
        let scratch = Scratch()
        var options = WorkerOptions()
        options.limits.argumentBytes = 20
        let app = OffstageApp(enqueueMiddleware: [Stamp()], options: options) { Greeting.self }
        func run(_ words: String...) async -> OffstageCLI.ExitStatus {
            await OffstageMain.run(app, arguments: ["/usr/bin/app"] + words + ["--store", scratch.store])
        }
        let bulk = try scratch.write("jobs.jsonl", #"{"type":"greeting","args":{"who":"b"}}"#)
        #expect(await run("enqueue", "greeting", "{\"who\":\"a\"}") == .done)
        #expect(await run("enqueue", "--bulk", bulk) == .done)
        #expect(await run("enqueue", "greeting", "{\"who\":\"somebody else\"}") == .failed)
        #expect(try await Program.run("jobs", "--tag", "stamped", "--json", in: scratch).lines.count == 2)
    }

    @Test func itsJobsAreWorkedThroughTheCommandLine() async throws {
        let scratch = Scratch()
        let app = OffstageApp {
            Greeting.self
            Handler("sum") { (numbers: [Int], _) in numbers.reduce(0, +) }
        }
        func run(_ words: String...) async -> OffstageCLI.ExitStatus {
            await OffstageMain.run(app, arguments: ["/usr/bin/app"] + words + ["--store", scratch.store])
        }
        let first = try await Program.run("enqueue", "greeting", "{\"who\":\"you\"}", in: scratch).lines[0]
        let second = try await Program.run("enqueue", "sum", "[1,2,3]", in: scratch).lines[0]
        #expect(await run("work", "--drain", "--log", "error") == .done)
        #expect(try await Program.run("show", first, "--json", in: scratch).output.contains("\"result\":\"hello you\""))
        #expect(try await Program.run("show", second, "--json", in: scratch).output.contains("\"result\":6,"))
        #expect(await run("wrok") == .usage)
        #expect(await run("show", "01900000-0000-7000-8000-00000000dead") == .noSuchJob)
    }
}
