// Suspects of a crash, where there are several partitions. A script sees one partition, and only the first knows the
// workers, so whose turn it is cannot be decided in the script that reserves. As long as no partition says that a
// suspect is due, none is asked for one. Once one does, the workers that hold suspects are gathered from all, and the
// first partition decides and remembers who has the turn; only then the partitions are asked for a suspect.
import OffstageCore
import Synchronization

extension RedisStore {
    /// How long a worker that holds nothing keeps the turn to ask the partitions for a suspect.
    private static let askingTime = Duration.seconds(5)

    /// What a reservation says of suspects, as Scripts/reserve.lua reads it.
    func suspectWord(for request: ReserveRequest) -> String {
        switch request.suspects {
        case .never: "n"
        case .only: "o"
        case .alone where partitions.count > 1: "n"
        case .alone: "a" + (request.turnFor.map { "\($0.microseconds)" } ?? "")
        }
    }

    /// Asks for the turn before anything is reserved: the worker holds nothing, and a suspect was due lately.
    func takesTurnAtOnce(_ request: ReserveRequest) async -> Bool {
        guard partitions.count > 1, request.suspects == .alone, request.holding == 0,
            suspectIsDue.load(ordering: .relaxed)
        else { return false }
        return await takesTurn(request, for: Self.askingTime)
    }

    /// Asks one partition after the other for a suspect, once the worker has the turn, and gives the turn back.
    func takeSuspect(_ request: ReserveRequest, from order: [Int]) async throws -> Reservation {
        var reservation = Reservation()
        for partition in order {
            guard let found = try await work([], nil, request, Limits.replyBytes, suspects: "o", on: partition).1 else {
                continue
            }
            reservation.jobs = found.jobs
            if !found.jobs.isEmpty { break }
        }
        // From now on it is known by the suspect that it holds; or there was none any more.
        suspectIsDue.store(!reservation.jobs.isEmpty, ordering: .relaxed)
        _ = try? await turn(of: request, for: .zero)
        return reservation
    }

    /// Does what is left to do about suspects once the partitions were asked for other jobs.
    func lookAtSuspects(_ request: ReserveRequest, _ order: [Int], _ reservation: inout Reservation) async throws {
        guard request.suspects == .alone else { return }
        guard reservation.suspectWaiting else {
            // With fewer jobs than it wanted every partition was asked.
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

    /// Asks for the turn; false, too, if a partition cannot be asked. The turn is claimed before the partitions are
    /// asked who holds suspects: whoever had it before gave it back with a suspect in hand, which is seen then.
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

    /// Asks for the turn for a while, beside workers that hold suspects in other partitions, or gives it up for zero.
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
