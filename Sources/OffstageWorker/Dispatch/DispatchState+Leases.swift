// Renewals. Every lease that is held and old enough is listed, whether its job is prefetched, running or ended: the
// store hands back an unlisted lease below `grantedBefore`. Leases that may still be in a reply under way are at or
// above that number. So are those granted since the last heartbeat, which have most of their time left; of these only
// the running and the prefetched jobs are listed, so that they can be cancelled. Leases that are being settled at this
// moment are not listed, because the settlement probably arrives first; `grantedBefore` stays below them instead.
import OffstageCore

extension DispatchState {
    /// The leases for one call.
    struct Renewal: Sendable, Equatable {
        var tokens: [Token]
        var grantedBefore: UInt64
    }

    /// The leases to renew, in as many calls as the batch limit needs; empty if nothing is held and no reply was lost.
    mutating func renewals() -> [Renewal] {
        let granted = answeredBefore
        answeredBefore = callCounter ?? nextCounter
        var tokens: [Token] = running.compactMap { $0?.token }
        tokens.reserveCapacity(holding + 64)
        tokens.append(contentsOf: buffer.tokens)
        for settlement in outbox where settlement.token.counter < granted { tokens.append(settlement.token) }
        let handsBack = inFlight.reduce(granted) { min($0, $1.token.counter) }
        guard !tokens.isEmpty || mayHaveLostReply else { return [] }
        guard tokens.count > Limits.batch else { return [Renewal(tokens: tokens, grantedBefore: handsBack)] }
        // The store treats unlisted leases as lost. So only the call with the oldest leases may hand any back, and only
        // those below its own newest.
        tokens.sort { $0.counter < $1.counter }
        return stride(from: 0, to: tokens.count, by: Limits.batch).map { start in
            let end = min(tokens.count, start + Limits.batch)
            let bound = start == 0 ? min(handsBack, tokens[end].counter) : 0
            return Renewal(tokens: Array(tokens[start..<end]), grantedBefore: bound)
        }
    }

    /// Removes from a later batch of renewals what is no longer held, because the batches before it took time.
    func stillHeld(_ renewal: Renewal) -> Renewal {
        guard renewal.grantedBefore == 0 else { return renewal }
        var held = Set(running.compactMap { $0?.token.counter })
        for token in buffer.tokens { held.insert(token.counter) }
        for settlement in outbox { held.insert(settlement.token.counter) }
        return Renewal(tokens: renewal.tokens.filter { held.contains($0.counter) }, grantedBefore: 0)
    }

    /// Applies the reply to a renewal that was sent at the moment `begun`. Returns the prefetched jobs that are handed
    /// back.
    mutating func renewed(
        _ renewal: Renewal, _ reply: RenewReply, begun: Int64, at now: Int64, wake: inout Wake
    ) -> [JobID] {
        let lost = Set(reply.lost.map(\.counter))
        let cancelled = Set(reply.cancelRequested.map(\.counter))
        let kept = Set(renewal.tokens.map(\.counter)).subtracting(lost)
        for slot in running.indices {
            guard let counter = running[slot]?.token.counter else { continue }
            if kept.contains(counter) { running[slot]?.leaseFrom = begun }
            if lost.contains(counter) { stop(slot, .leaseLost, at: now, wake: &wake) }
            if cancelled.contains(counter) { stop(slot, .cancelled, at: now, wake: &wake) }
        }
        if !wake.cancelled.isEmpty { arm(now + timings.heartbeat, wake: &wake) }
        buffer.changeAll { if kept.contains($0.job.token.counter) { $0.leaseFrom = begun } }
        guard !lost.isEmpty || !cancelled.isEmpty else { return [] }
        let gone = buffer.remove { lost.contains($0.job.token.counter) }
        let unwanted = buffer.remove { cancelled.contains($0.job.token.counter) }
        for buffered in unwanted { outbox.append(.unstarted(buffered.job)) }
        if !gone.isEmpty || !unwanted.isEmpty { wakeReserver(&wake) }
        return unwanted.map(\.job.id)
    }
}
