// Sends to the store what running handlers report. One call is under way at a time. Reports that arrive meanwhile
// gather, only the newest progress and the newest checkpoint of each job, and go with the next call. A handler that
// reports without end therefore costs one note at a time, and many handlers share a call. When a caller of `put`
// continues, its report or a newer one of the same job is on the record.
import OffstageCore
import Synchronization

/// Gathers the notes of running handlers.
final class NoteDesk: Sendable {
    /// What one job has to report.
    private struct Entry: Sendable {
        var token: Token
        var progress: Progress?
        var checkpoint: [UInt8]?
        var waiting: [CheckedContinuation<Void, any Error>] = []

        var notes: [JobNote] {
            var notes: [JobNote] = []
            if let progress { notes.append(JobNote(token: token, kind: .progress(progress))) }
            if let checkpoint { notes.append(JobNote(token: token, kind: .checkpoint(checkpoint))) }
            return notes
        }
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        /// The keys of the entries, oldest first.
        var order: [UInt64] = []
        var isSending = false
    }

    /// The most bytes of checkpoints in one call, unless a single job has more.
    private static let mostBytes = 1 << 20

    private let store: any WorkSource
    private let dispatcher: Dispatcher
    private let time: any TimeSource
    private let state = Mutex(State())

    init(store: any WorkSource, dispatcher: Dispatcher, time: any TimeSource) {
        self.store = store
        self.dispatcher = dispatcher
        self.time = time
    }

    /// Puts a note on the record and returns when it is stored. Throws LeaseLost if the job's lease is lost, and
    /// rethrows the store's errors.
    func put(_ note: JobNote) async throws {
        try await withCheckedThrowingContinuation { continuation in
            let begins = state.withLock { state in
                let key = note.token.counter
                if state.entries[key] == nil { state.order.append(key) }
                var entry = state.entries[key] ?? Entry(token: note.token)
                switch note.kind {
                case .progress(let progress): entry.progress = progress
                case .checkpoint(let checkpoint): entry.checkpoint = checkpoint
                case .started: break
                }
                entry.waiting.append(continuation)
                state.entries[key] = entry
                defer { state.isSending = true }
                return !state.isSending
            }
            if begins { Task { await self.send() } }
        }
    }

    private func send() async {
        while let batch = take() {
            do {
                try await send(batch)
            } catch StoreError.full where batch.count > 1 {
                // A small note may fit where a large one does not.
                for entry in batch { await sendAlone(entry) }
            } catch {
                for entry in batch { Self.end(entry, .failure(error)) }
            }
        }
    }

    private func sendAlone(_ entry: Entry) async {
        do {
            try await send([entry])
        } catch {
            Self.end(entry, .failure(error))
        }
    }

    /// Takes the gathered entries that fit into one call; nil if there are none.
    private func take() -> [Entry]? {
        state.withLock { state in
            var batch: [Entry] = []
            var bytes = 0
            for key in state.order {
                guard let entry = state.entries[key] else { continue }
                bytes += entry.checkpoint?.count ?? 0
                // Each may come with the note of its start.
                guard batch.isEmpty || bytes <= Self.mostBytes && (batch.count + 1) * 3 <= Limits.batch else { break }
                batch.append(entry)
                state.entries[key] = nil
            }
            state.order.removeFirst(batch.count)
            state.isSending = !batch.isEmpty
            return batch.isEmpty ? nil : batch
        }
    }

    private func send(_ batch: [Entry]) async throws {
        let now = time.monotonicMicroseconds()
        // A prefetched job's start must be noted before its other notes.
        let starts = dispatcher.update { state, _ in batch.map { state.takeStart(of: $0.token, at: now) } }
        var notes: [JobNote] = []
        var ends: [Int] = []
        for (entry, start) in zip(batch, starts) {
            if let start { notes.append(start) }
            notes += entry.notes
            ends.append(notes.count - 1)
        }
        let answers: [TokenAnswer]
        do {
            answers = try await store.note(notes)
        } catch {
            dispatcher.update { state, wake in
                state.startsFailed(starts.compactMap { $0?.token }, at: now, wake: &wake)
            }
            throw error
        }
        for (entry, end) in zip(batch, ends) {
            let isAccepted = answers.indices.contains(end) && answers[end] == .accepted
            Self.end(entry, isAccepted ? .success(()) : .failure(LeaseLost()))
        }
    }

    private static func end(_ entry: Entry, _ result: Result<Void, any Error>) {
        for waiting in entry.waiting { waiting.resume(with: result) }
    }
}
