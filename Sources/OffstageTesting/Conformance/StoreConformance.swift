// What every store must do, as a list of cases that knows no test framework: docs/stores.md sentence by sentence. A
// store of your own passes if every case returns; run them one by one from the framework you use, or all at once with
// `run`.
public import OffstageCore

/// The conformance suite of the store seam.
public enum StoreConformance {
    /// Every case there is.
    public static let cases: [ConformanceCase] =
        enqueueCases + uniqueCases + uniqueReleaseCases + reserveCases + suspectCases + settleCases + settleMoreCases
        + leaseCases + maintainCases + changeCases + changeMoreCases + lookCases + listCases + returnCases + workerCases
        + waiterCases

    /// Runs all cases on a store, and answers what failed.
    public static func run(_ harness: ConformanceHarness) async -> [ConformanceFailure] {
        var failures: [ConformanceFailure] = []
        for test in cases {
            do {
                try await harness.run(test)
            } catch let failure as ConformanceFailure {
                failures.append(failure)
            } catch {
                failures.append(ConformanceFailure("\(test.name): \(error)", line: 0))
            }
        }
        return failures
    }
}

/// One thing that every store must do.
public struct ConformanceCase: Sendable, CustomStringConvertible {
    /// What it shows, as a sentence.
    public let name: String
    let options: @Sendable (inout StoreOptions) -> Void
    let body: @Sendable (Trial) async throws -> Void

    init(
        _ name: String, options: @escaping @Sendable (inout StoreOptions) -> Void = { _ in },
        body: @escaping @Sendable (Trial) async throws -> Void
    ) {
        self.name = name
        self.options = options
        self.body = body
    }

    /// The name.
    public var description: String { name }
}

/// Makes stores for the cases.
public struct ConformanceHarness: Sendable {
    private let open: @Sendable (StoreOptions) async throws -> any Store

    /// Creates a harness from a function that opens a fresh, empty store with these options; their clock is turned by
    /// hand.
    public init(open: @escaping @Sendable (StoreOptions) async throws -> any Store) {
        self.open = open
    }

    /// Runs one case on a fresh store. Throws ConformanceFailure, or what the store threw.
    public func run(_ test: ConformanceCase) async throws {
        let time = ManualTime()
        var options = StoreOptions()
        options.time = time
        options.log = SilentLog()
        test.options(&options)
        let store = try await open(options)
        do {
            try await test.body(Trial(store: store, time: time))
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }
}

/// What a store did wrong.
public struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
    /// What was expected, what happened, and which line of the suite says so.
    public let description: String

    init(_ text: String, file: StaticString = #fileID, line: UInt) {
        description = "\(text) (\(file):\(line))"
    }
}
