// What every store must do, as a list of cases that do not depend on a test framework: docs/stores.md sentence by
// sentence. Your own store passes if every case returns. Run the cases one by one from your test framework, or all at
// once with `run`.
public import OffstageCore

/// The conformance suite of the store seam.
public enum StoreConformance {
    /// All cases, including those that need one partition.
    public static let cases: [ConformanceCase] =
        enqueueCases + uniqueCases + replaceCases + uniqueExpiryCases + uniqueReleaseCases + reserveCases + suspectCases
        + autopsyCases + settleCases + settleMoreCases + leaseCases + outageCases + maintainCases + changeCases
        + changeMoreCases + lookCases + listCases
        + returnCases + workerCases + rememberedCases
        + waiterCases + clockCases + largeCases + suspectTurnCases

    /// Returns the cases that apply to a store with this many partitions: all of them for one partition; for several,
    /// only those that assume no order and no exact limits across partitions.
    public static func cases(partitions: Int) -> [ConformanceCase] {
        partitions > 1 ? cases.filter { !$0.needsTotalOrder } : cases
    }

    /// Runs the cases that apply to the harness's stores, one after the other, and returns the failures. The list is
    /// empty if the store passes.
    public static func run(_ harness: ConformanceHarness) async -> [ConformanceFailure] {
        var failures: [ConformanceFailure] = []
        for test in cases(partitions: harness.partitions) {
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
    /// What the case shows, as a sentence.
    public let name: String
    /// Whether the case assumes that the store has one order for all jobs, that is, one partition.
    public let needsTotalOrder: Bool
    let options: @Sendable (inout StoreOptions) -> Void
    let body: @Sendable (Trial) async throws -> Void

    init(
        _ name: String, needsTotalOrder: Bool = false,
        options: @escaping @Sendable (inout StoreOptions) -> Void = { _ in },
        body: @escaping @Sendable (Trial) async throws -> Void
    ) {
        self.name = name
        self.needsTotalOrder = needsTotalOrder
        self.options = options
        self.body = body
    }

    /// The case's name.
    public var description: String { name }
}

/// Opens the stores for the cases.
public struct ConformanceHarness: Sendable {
    /// The number of partitions over which the stores are spread.
    public let partitions: Int
    private let open: @Sendable (StoreOptions) async throws -> any Store

    /// Creates a harness. `open` must return a fresh, empty store with the given options, whose clock the cases set
    /// manually. With several partitions the store chooses each job's home; with one, all jobs live in partition 0.
    public init(partitions: Int = 1, open: @escaping @Sendable (StoreOptions) async throws -> any Store) {
        self.partitions = partitions
        self.open = open
    }

    /// Runs one case on a fresh store. Throws ConformanceFailure if the store fails the case or the case needs one
    /// partition and there are several, and any error that the store throws.
    public func run(_ test: ConformanceCase) async throws {
        guard partitions == 1 || !test.needsTotalOrder else {
            throw ConformanceFailure("this case needs one partition: \(test.name)", line: #line)
        }
        let time = ManualTime()
        var options = StoreOptions()
        options.time = time
        options.log = SilentLog()
        test.options(&options)
        let store = try await open(options)
        do {
            try await test.body(Trial(store: store, time: time, spread: partitions > 1))
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }
}

/// A requirement that a store did not meet.
public struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
    /// What was expected, what happened, and the line of the suite that expects it.
    public let description: String

    init(_ text: String, file: StaticString = #fileID, line: UInt) {
        description = "\(text) (\(file):\(line))"
    }
}
