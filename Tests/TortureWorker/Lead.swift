// A foreman with its worker processes, whose jobs do what `Deed` defines. The same program is the parent and its
// children.
import Foundation
import OffstageCore
import OffstageForeman
import OffstageSystem
import OffstageWorker
import TestProcesses

struct Lead {
    private static let clock = SystemTime()
    private let settings: Settings

    /// Whether this process is a foreman's child, which has no input.
    static var isChild: Bool { ProcessInfo.processInfo.environment["OFFSTAGE_POST"] != nil }

    init(_ settings: Settings) { self.settings = settings }

    func run() async throws {
        var options = ForemanOptions()
        options.processes = settings.number("processes", 2)
        options.concurrency = settings.number("concurrency", 8)
        options.isolates = settings.isSet("isolates")
        options.jobsPerProcess = settings.number("reuse", 1)
        options.grace = .milliseconds(settings.number("grace", 25_000))
        options.slack = .milliseconds(settings.number("slack", 10_000))
        options.worker = options.worker.scaled(by: Double(settings.number("scale", 100)) / 100)
        options.worker.drain = settings.isSet("drain")
        options.environment["SWIFT_BACKTRACE"] = settings.isSet("backtrace") ? "enable=yes" : "enable=no"
        options.hasEndDescriptors = !settings.isSet("blind")
        options.worker.onDeath = [{ job, failure in Output.say("death \(job.id) \(failure.kind)") }]
        if settings.isSet("memory"), !Self.isChild { try limitMemory(to: settings.number("memory", 0)) }
        if settings.isSet("broken"), Self.isChild { throw Trouble("broken as it was told") }
        let store = try await settings.open()
        if settings.isSet("closing"), Self.isChild { loseBoard() }
        let runs = RunLog(settings.text("log"))
        try await Foreman(store, options: options) { post in
            Worker(store, concurrency: post.concurrency, grace: post.grace, options: post.options) {
                Handler(raw: Deed.type) { job, context in
                    runs.note(.begin, job)
                    try await perform(
                        Deed(rawValue: String(decoding: job.arguments.filter { $0 != 34 }, as: UTF8.self)) ?? .good,
                        context)
                    runs.note(.end, job)
                    return Array("\(getpid())".utf8)
                }
            }
        }.run()
        await store.close()
        if settings.isSet("sulky"), Self.isChild { exit(3) }
        if !Self.isChild { Output.say("stopped") }
    }

    /// Closes the descriptors that the foreman left open for this process, and no others.
    private func loseBoard() {
        let numbers = ProcessInfo.processInfo.environment[ForemanOptions.variable]?.split(separator: ".") ?? []
        for number in numbers.prefix(3) { close(Int32(number) ?? -1) }
    }

    private func limitMemory(to mebibytes: Int) throws {
        var limit = rlimit(rlim_cur: rlim_t(mebibytes) << 20, rlim_max: rlim_t(mebibytes) << 20)
        let code = setrlimit(LibC.dataLimit, &limit)
        guard code == 0 else { throw Trouble("no limit on memory: \(LibC.reason(errno))") }
    }

    private func perform(_ deed: Deed, _ context: JobContext) async throws {
        switch deed {
        case .good: try await Self.clock.sleep(for: .microseconds(Int64(context.id.low % 5000)))
        case .trap:
            try await context.report(progress: 0.25, "a quarter")
            try await Self.clock.sleep(for: .milliseconds(5))
            breakAnEgg()
        case .kill:
            try await Self.clock.sleep(for: .milliseconds(5))
            kill(getpid(), SIGKILL)
        case .eat:
            var eaten: [[UInt8]] = []
            while true { eaten.append([UInt8](repeating: UInt8(eaten.count & 0xFF), count: 16 << 20)) }
        case .exit: exit(3)
        case .chatty:
            while true {
                _ = write(2, "chat\n", 5)
                try await Self.clock.sleep(for: .milliseconds(5))
            }
        case .block: while true { _ = poll(nil, 0, 1000) }
        case .slow:
            try await context.report(progress: 0.5, "slowly")
            try await Self.clock.sleep(for: .seconds(600))
        }
    }
}

/// A function with a name that a backtrace can show.
@inline(never) private func breakAnEgg() { fatalError(Deed.lastWords) }
