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

    /// The cases that need no more than these roles.
    public static func cases(partitions: Int, roles: Set<StoreRole>) async throws -> [ConformanceCase] {
        let all = cases(partitions: partitions)
        guard roles != Set(StoreRole.allCases) else { return all }
        var some: [ConformanceCase] = []
        for test in all where try await test.roles().isSubset(of: roles) { some.append(test) }
        return some
    }

    /// Runs the cases that apply to a store, and returns what failed.
    public static func run(_ harness: ConformanceHarness) async throws -> [ConformanceFailure] {
        var failures: [ConformanceFailure] = []
        for test in try await cases(partitions: harness.partitions, roles: harness.roles) {
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
    /// The number of partitions that the stores are spread over.
    public let partitions: Int
    /// The roles that the stores have.
    public let roles: Set<StoreRole>
    private let open: @Sendable (StoreOptions) async throws -> any StorePart

    /// Creates a harness.
    ///
    /// - Parameters:
    ///   - partitions: With several, jobs get the homes that the store names. With one, all are in partition 0.
    ///   - roles: The roles that the opened stores have. Only cases that need no other roles are run.
    ///   - open: Opens a fresh, empty store with these options, whose clock is set manually.
    public init(
        partitions: Int = 1, roles: Set<StoreRole> = Set(StoreRole.allCases),
        open: @escaping @Sendable (StoreOptions) async throws -> any StorePart
    ) {
        self.partitions = partitions
        self.roles = roles
        self.open = open
    }

    /// Runs one case on a fresh store. Throws ConformanceFailure if the store fails the case or the case needs one
    /// partition and there are several, and any error that the store throws.
    public func run(_ test: ConformanceCase) async throws {
        guard partitions == 1 || !test.needsTotalOrder else {
            throw ConformanceFailure("this case needs one partition: \(test.name)", line: #line)
        }
        let time = ManualTime()
        let part = try await open(test.storeOptions(time))
        let store = part as? any Store ?? PartStore(part: part)
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
