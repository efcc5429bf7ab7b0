// What runs a job of one type: a closure from the job's context to its result, with the type's retry policy and
// whether it blocks. Typed handlers decode the arguments and encode what is returned; raw ones get and give bytes,
// and cost nothing but the call.
public import OffstageCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Runs the jobs of one type.
public struct Handler: Sendable {
    /// The type's name.
    public let name: String
    /// Whether it blocks its thread and shall have one of its own.
    public let isBlocking: Bool
    /// How long a failed job waits.
    public let retryPolicy: RetryPolicy
    let perform: @Sendable (JobContext) async throws -> JobResult

    /// Runs jobs of a job type.
    public init<J: Job>(_ type: J.Type) {
        let coder = ResultCoder<J.Output>()
        let decoder = JSONDecoder()
        self.init(name: J.name, isBlocking: J.isBlocking, retry: J.retryPolicy) { context in
            let job: J = try Self.decode(context, with: decoder)
            return try coder.encode(try await job.perform(in: context))
        }
    }

    /// Runs jobs with a closure that takes decoded arguments; what it returns is stored as JSON if it is Encodable.
    public init<Arguments: Decodable & Sendable, Output: Sendable>(
        _ name: String, blocking: Bool = false, retry: RetryPolicy = .standard,
        perform: @escaping @Sendable (Arguments, JobContext) async throws -> Output
    ) {
        let coder = ResultCoder<Output>()
        let decoder = JSONDecoder()
        self.init(name: name, isBlocking: blocking, retry: retry) { context in
            let arguments: Arguments = try Self.decode(context, with: decoder)
            return try coder.encode(try await perform(arguments, context))
        }
    }

    /// Runs jobs with a closure that takes the job as it is and returns JSON bytes or nil.
    public init(
        raw name: String, blocking: Bool = false, retry: RetryPolicy = .standard,
        perform: @escaping @Sendable (ReservedJob, JobContext) async throws -> [UInt8]?
    ) {
        self.init(name: name, isBlocking: blocking, retry: retry) { context in
            JobResult(json: try await perform(context.job, context))
        }
    }

    /// Runs jobs with a closure that knows the attempt's outcome, such as a program's end.
    package init(
        outcomes name: String, retry: RetryPolicy = .standard,
        perform: @escaping @Sendable (JobContext) async throws -> Outcome
    ) {
        self.init(name: name, retry: retry) { context in
            let outcome = try await perform(context)
            guard case .returned(let json, let isTruncated) = outcome else { throw AttemptEnd(outcome: outcome) }
            return JobResult(json: json, isTruncated: isTruncated)
        }
    }

    /// Runs jobs with a closure that makes the stored result itself.
    public init(
        name: String, isBlocking: Bool = false, retry: RetryPolicy = .standard,
        perform: @escaping @Sendable (JobContext) async throws -> JobResult
    ) {
        self.name = name
        self.isBlocking = isBlocking
        self.retryPolicy = retry
        self.perform = perform
    }

    private static func decode<Arguments: Decodable>(
        _ context: JobContext, with decoder: JSONDecoder
    ) throws -> Arguments {
        do {
            return try JSONReading.decode(Arguments.self, from: context.job.arguments, with: decoder)
        } catch {
            throw UnfitArguments(context.job.type, error)
        }
    }
}

/// Turns what a handler returns into its stored result; what cannot be encoded is null.
private struct ResultCoder<Output: Sendable>: Sendable {
    // Asked once a handler, not once a job: the question costs more than a small job.
    private let isEncodable = Output.self is any Encodable.Type
    private let encoder = JSONEncoder()

    func encode(_ output: Output) throws -> JobResult {
        guard isEncodable, let value = output as? any Encodable else { return .none }
        let bytes = [UInt8](try encoder.encode(value))
        try JSON.checkDepth(bytes, "the result's values")
        return JobResult(json: bytes)
    }
}
