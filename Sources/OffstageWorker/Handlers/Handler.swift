// What runs a job of one type: a closure from the job's context to its result, plus the type's retry policy and whether
// it blocks. Typed handlers decode the arguments and encode the returned value. Raw handlers take and return bytes, and
// cost nothing but the call.
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
    /// Whether the handler blocks its thread and therefore runs on a dedicated one.
    public let isBlocking: Bool
    /// How long a failed job waits before it is retried.
    public let retryPolicy: RetryPolicy
    let perform: @Sendable (JobContext) async throws -> JobResult

    /// Creates a handler for a job type. Arguments that cannot be decoded fail the attempt. What `perform` returns is
    /// stored as JSON if it is Encodable.
    public init<J: Job>(_ type: J.Type) {
        let coder = ResultCoder<J.Output>()
        let decoder = JSONDecoder()
        self.init(name: J.name, isBlocking: J.isBlocking, retry: J.retryPolicy) { context in
            let job: J = try Self.decode(context, with: decoder)
            return try coder.encode(try await job.perform(in: context))
        }
    }

    /// Creates a handler from a closure that takes decoded arguments. Arguments that cannot be decoded fail the
    /// attempt. What the closure returns is stored as JSON if it is Encodable.
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

    /// Creates a handler from a closure that takes the job undecoded and returns JSON bytes or nil.
    public init(
        raw name: String, blocking: Bool = false, retry: RetryPolicy = .standard,
        perform: @escaping @Sendable (ReservedJob, JobContext) async throws -> [UInt8]?
    ) {
        self.init(name: name, isBlocking: blocking, retry: retry) { context in
            JobResult(json: try await perform(context.job, context))
        }
    }

    /// Creates a handler from a closure that knows the outcome of the attempt, for example from a program's end.
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

    /// Creates a handler from a closure that makes the stored result itself.
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

/// Encodes what a handler returns as the stored result. A value that is not Encodable is stored as null.
private struct ResultCoder<Output: Sendable>: Sendable {
    // Checked once per handler and not once per job, because the check costs more than a small job.
    private let isEncodable = Output.self is any Encodable.Type
    private let encoder = JSONEncoder()

    func encode(_ output: Output) throws -> JobResult {
        guard isEncodable, let value = output as? any Encodable else { return .none }
        let bytes = [UInt8](try encoder.encode(value))
        try JSON.checkDepth(bytes, "the result's values")
        return JobResult(json: bytes)
    }
}
