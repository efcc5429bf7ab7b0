// Waiting for many processes of one kind: all of them at once, with one deadline, and no longer than necessary.
import OffstageCore
import Testing

@testable import OffstageComponents

@Suite("readiness of many", .timeLimit(.minutes(3)))
struct ReadyTests {
    @Test("processes that do not come up delay the next component by one deadline, not by one each")
    func deadline() async throws {
        let app = try HeldApp("worker.main: { start: exec sleep 100, scale: 24 }") {
            $0.workerAge = .seconds(100)
            $0.readyLimit = .seconds(3)
        }
        let began = ContinuousClock.now
        try await app.supervisor.up()
        // One after the other, they would take 72 s.
        #expect(began.duration(to: .now) < .seconds(60))
        try await app.expect("a word for each") { app.count("was not ready within 3 s") == 24 }
        await app.stop()
    }

    @Test("a command that is not found is reported while others are still waited for")
    func notFound() async throws {
        let app = try HeldApp(
            "worker.slow: { start: exec sleep 100, scale: 2 }\nworker.bad: { start: exec no-such-program }"
        ) {
            $0.workerAge = .seconds(100)
            $0.readyLimit = .seconds(50)
        }
        let began = ContinuousClock.now
        await #expect(throws: ComponentError.self) { try await app.supervisor.up() }
        #expect(began.duration(to: .now) < .seconds(45))
        await app.stop()
    }

    @Test("a scale whose processes do not come up reports which, and why")
    func scale() async throws {
        let app = try HeldApp("worker.main: { start: 'test $OFFSTAGE_INSTANCE -lt 3 && exec sleep 100; exit 127' }")
        try await app.supervisor.up()
        let name = try #require(ComponentName("worker.main"))
        try await app.supervisor.scale(name, to: 2)
        let error = await #expect(throws: ComponentError.self) { try await app.supervisor.scale(name, to: 4) }
        let told = error?.description ?? ""
        #expect(told.hasPrefix("2 of the new processes did not come up") && told.contains("worker.main.3: exited"))
        await app.stop()
    }
}
