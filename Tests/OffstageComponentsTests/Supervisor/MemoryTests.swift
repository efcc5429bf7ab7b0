// What the supervisor does about a process that uses nearly all of its memory: it replaces the process if that helps.
import OffstageCore
import Testing

@testable import OffstageComponents

@Suite("memory near its limit", .timeLimit(.minutes(2)))
struct MemoryTests {
    @Test("one that has grown is replaced; one that is large from its start is reported once, then ever more rarely")
    func rules() {
        var relief = MemoryRelief(patience: .seconds(60))
        var steps: [MemoryRelief.Step] = []
        func look(_ age: Int, _ isAtMark: Bool) {
            steps.append(relief.look(age: .seconds(age), isAtMark: isAtMark, now: 0))
        }
        for age in [10, 70] { look(age, false) }
        look(3000, true)
        relief.ended(isDone: true, now: 0)
        #expect(steps == [.nothing, .nothing, .replace])
        steps = []
        for age in [2, 4, 59, 60] { look(age, true) }
        relief.ended(isDone: true, now: 0)
        #expect(steps == [.complain, .nothing, .nothing, .replace])
        steps = []
        for age in [2, 60, 119, 120] { look(age, true) }
        relief.ended(isDone: true, now: 0)
        #expect(steps == [.nothing, .nothing, .nothing, .replace])
        for _ in 0..<8 {
            look(3600, true)
            relief.ended(isDone: true, now: 0)
        }
        steps = []
        for age in [3599, 3600] { look(age, true) }
        relief.ended(isDone: true, now: 0)
        #expect(steps == [.nothing, .replace])
        look(3600, false)
        steps = []
        for age in [60, 61] { look(age, true) }
        #expect(steps == [.replace, .nothing])
    }

    @Test("a replacement that failed is tried again after a minute")
    func failure() {
        var relief = MemoryRelief(patience: .seconds(60))
        let first = relief.look(age: .seconds(100), isAtMark: true, now: 0)
        #expect(first == .replace)
        relief.ended(isDone: false, now: 1_000_000)
        let early = relief.look(age: .seconds(150), isAtMark: true, now: 60_000_000)
        #expect(early == .nothing)
        let late = relief.look(age: .seconds(161), isAtMark: true, now: 61_000_000)
        #expect(late == .replace)
    }

    private static let boxfile = """
        worker.main:
          start: 'test -e broken && exit 127; exec python3 w.py'
          limits: { memory: 100M }
        """

    /// A program that holds nearly all of its memory, at every start or only at the first one.
    private static func code(onlyFirst: Bool) -> String {
        """
        import os, signal, sys, time
        signal.signal(signal.SIGTERM, lambda *rest: sys.exit(0))
        signal.signal(signal.SIGTSTP, lambda *rest: print('told to be quiet', flush=True))
        if not (\(onlyFirst ? "True" : "False") and os.path.exists(os.environ['HOME'] + '/grown')):
            open(os.environ['HOME'] + '/grown', 'w').close()
            held = bytearray(93 << 20)
            for i in range(0, len(held), 4096): held[i] = 1
            print('grown', flush=True)
        while True: time.sleep(0.1)
        """
    }

    @Test("one that has grown is replaced, and that does not count as a restart")
    func grown() async throws {
        let app = try HeldApp(Self.boxfile, files: ["w.py": Self.code(onlyFirst: true)]) {
            $0.memoryPause = .milliseconds(100)
            $0.memoryAge = .seconds(1)
        }
        try await app.supervisor.up()
        let before = await app.pids("worker.main")
        try await app.expect("the replacement") { app.count("MiB of its limit of 100 MiB and is replaced") == 1 }
        try await app.expect("that one is left") { await app.supervisor.status().count == 1 }
        #expect(await app.pids("worker.main") != before)
        #expect(await app.supervisor.status().first?.restarts == 0)
        await app.stop()
    }

    @Test("one that needs more than its limit from its start is reported once and continues")
    func tooLarge() async throws {
        let app = try HeldApp(Self.boxfile, files: ["w.py": Self.code(onlyFirst: false)]) {
            $0.memoryPause = .milliseconds(100)
        }
        try await app.supervisor.up()
        let before = await app.pids("worker.main")
        try await app.expect("the word") { app.count("it needs more than its limit") == 1 }
        try await Task.sleep(for: .seconds(3))
        #expect(app.count("it needs more than its limit") == 1 && app.count("is replaced") == 0, "\(app.lines)")
        #expect(await app.pids("worker.main") == before)
        await app.stop()
    }

    @Test("if no replacement comes up it continues as before, and is not quieted")
    func broken() async throws {
        let app = try HeldApp(Self.boxfile, files: ["w.py": Self.code(onlyFirst: false)]) {
            $0.memoryPause = .milliseconds(100)
            $0.memoryAge = .seconds(3)
        }
        try await app.supervisor.up()
        let before = await app.pids("worker.main")
        try app.write("broken", "")
        try await app.expect("the failure") { app.count("the old one still runs") == 1 }
        try await Task.sleep(for: .seconds(2))
        #expect(await app.pids("worker.main") == before)
        #expect(app.count("is replaced") == 1 && app.count("told to be quiet") == 0, "\(app.lines)")
        await app.stop()
    }
}
