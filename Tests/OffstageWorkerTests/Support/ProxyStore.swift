// A store in front of another one, so that a test can inspect the calls, delay them, make them fail, or lose their
// replies.
import OffstageCore
import OffstageTesting
import Synchronization

/// Passes every verb on, through hooks for those that a worker lives by.
final class ProxyStore: ForwardingStore {
    typealias Settle = @Sendable ([Settlement], ReserveRequest?) async throws -> SettleReply
    typealias Renew = @Sendable (RenewRequest) async throws -> RenewReply

    let base: any Store
    let traits: StoreTraits
    private let onSettle: @Sendable ([Settlement], ReserveRequest?, Settle) async throws -> SettleReply
    private let onRenew: @Sendable (RenewRequest, Renew) async throws -> RenewReply
    private let onHome: @Sendable (JobID, String?) -> JobID
    private let onNote: @Sendable ([JobNote]) async throws -> Void

    init(
        _ base: any Store,
        onSettle: @escaping @Sendable ([Settlement], ReserveRequest?, Settle) async throws -> SettleReply = {
            try await $2($0, $1)
        },
        onRenew: @escaping @Sendable (RenewRequest, Renew) async throws -> RenewReply = { try await $1($0) },
        onNote: @escaping @Sendable ([JobNote]) async throws -> Void = { _ in },
        partitions: Int = 1, onHome: @escaping @Sendable (JobID, String?) -> JobID = { id, _ in id }
    ) {
        self.base = base
        var traits = base.traits
        traits.partitions = partitions
        self.traits = traits
        self.onHome = onHome
        self.onSettle = onSettle
        self.onRenew = onRenew
        self.onNote = onNote
    }

    func settle(_ settlements: [Settlement], reserving request: ReserveRequest?) async throws -> SettleReply {
        try await onSettle(settlements, request) { try await self.base.settle($0, reserving: $1) }
    }
    func renew(_ request: RenewRequest) async throws -> RenewReply {
        try await onRenew(request) { try await self.base.renew($0) }
    }
    func note(_ notes: [JobNote]) async throws -> [TokenAnswer] {
        try await onNote(notes)
        return try await base.note(notes)
    }
    func home(of id: JobID, type: String, uniqueKey: String?) -> JobID {
        onHome(id, uniqueKey)
    }
}
