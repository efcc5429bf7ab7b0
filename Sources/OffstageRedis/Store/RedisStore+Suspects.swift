// Crash suspects in a store of several partitions. A script sees one partition, and only the first partition knows the
// workers, so the script that reserves cannot decide whose turn it is. As long as no partition reports that a suspect
// is due, no partition is asked for one. Once one does, the workers that hold suspects are collected from all
// partitions, and the first partition decides and stores who has the turn. Only then are the partitions asked for a
// suspect.
import OffstageCore
import Synchronization

extension RedisStore {
    /// How long a worker that holds nothing keeps the turn to ask the partitions for a suspect.
    private static let askingTime = Duration.seconds(5)

    /// Returns the word about suspects in a reservation, as Scripts/reserve.lua reads it.
    func suspectWord(for request: ReserveRequest) -> String {
        switch request.suspects {
        case .never: "n"
        case .only: "o"
        case .alone where partitions.count > 1: "n"
        case .alone: "a" + (request.turnFor.map { "\($0.microseconds)" } ?? "")
        }
    }

    /// Asks for the turn before anything is reserved, if the worker holds nothing and a suspect was due recently.
    func takesTurnAtOnce(_ request: ReserveRequest) async -> Bool {
        guard partitions.count > 1, request.suspects == .alone, request.holding == 0,
            suspectIsDue.load(ordering: .relaxed)
        else { return false }
        return await takesTurn(request, for: Self.askingTime)
    }

    /// Asks one partition after the other for a suspect, and gives the turn back. The worker must have the turn.
    func takeSuspect(_ request: ReserveRequest, from order: [Int]) async throws -> Reservation {
        var reservation = Reservation()
        for partition in order {
            guard let found = try await work([], nil, request, Limits.replyBytes, suspects: "o", on: partition).1 else {
                continue
            }
            reservation.jobs = found.jobs
            if !found.jobs.isEmpty { break }
        }
        // From now on the suspect that the worker holds marks it as busy; or there was no suspect left.
        suspectIsDue.store(!reservation.jobs.isEmpty, ordering: .relaxed)
        _ = try? await turn(of: request, for: .zero)
        return reservation
    }

    /// Handles suspects after the partitions were asked for other jobs.
    func lookAtSuspects(_ request: ReserveRequest, _ order: [Int], _ reservation: inout Reservation) async throws {
        guard request.suspects == .alone else { return }
        guard reservation.suspectWaiting else {
            // If it got fewer jobs than it wanted, every partition was asked.
            if reservation.jobs.count < request.limit { suspectIsDue.store(false, ordering: .relaxed) }
            return
        }
        let wasKnown = suspectIsDue.exchange(true, ordering: .relaxed)
        if request.holding > 0 {
            guard let duration = request.turnFor else { return }
            reservation.hasTurn = await takesTurn(request, for: duration)
        } else if reservation.jobs.isEmpty, !wasKnown, await takesTurn(request, for: Self.askingTime) {
            do {
                let found = try await takeSuspect(request, from: order)
                if !found.jobs.isEmpty { reservation = found }
            } catch { throw StoreError.afterAPart(error) }
        }
    }

    /// Asks for the turn. Also returns false if a partition cannot be asked. The turn is claimed before the partitions
    /// are asked who holds suspects: the worker that had the turn before gave it back while it held a suspect, which is
    /// visible then.
    private func takesTurn(_ request: ReserveRequest, for duration: Duration) async -> Bool {
        do {
            guard try await turn(of: request, for: Self.askingTime) else { return false }
            let busy = try await caller.runOnAll(
                caller.scripts.busy, partitions, read: { reply in reply.elements.compactMap(\.text) })
            return try await turn(of: request, for: duration, busy: Set(busy.joined()).sorted())
        } catch {
            return false
        }
    }

    /// Asks for the turn for a while, given the workers that hold suspects in other partitions. A duration of zero
    /// gives it up.
    private func turn(of request: ReserveRequest, for duration: Duration, busy: [String] = []) async throws -> Bool {
        try await caller.run(
            caller.scripts.turn, on: partitions.first,
            { command in
                command.append("\(request.worker)")
                command.append(request.selection.words)
                command.append(Int(duration.microseconds))
                for name in busy { command.append(name) }
            }, read: { try $0.number() == 1 })
    }
}
