// Outages: while no process can use the store its lease clock stands still, and no job is blamed for it.
import OffstageCore

extension StoreConformance {
    static let outageCases: [ConformanceCase] = [
        ConformanceCase("an outage longer than a lease ends no lease, however often it comes back") { t in
            let id = try await t.add()
            let job = try await t.takeOne()
            for outage in [25, 25, 25, 25, 25, 25, 90, 90, 90, 3600] {
                t.time.advance(by: .seconds(outage))
                try t.expect(try await t.take(worker: Trial.bob).count, 0, "another worker is first after \(outage) s")
                try t.expect(try await t.store.maintain(limit: 10).rescued, 0, "rescued after \(outage) s")
                try t.expect(try await t.renew([job.token]), RenewReply(), "renewal after \(outage) s")
                try await t.pass(.seconds(5))
                try t.expect(try await t.renew([job.token]), RenewReply())
            }
            let record = try await t.record(id)
            try t.expect([record.crashes, record.suspectedAt, record.interruptions], [0, 0, 0])
            try t.expect(try await t.settle(job, .done), .accepted)
        },
        ConformanceCase(
            "a worker that does not come back after an outage loses its leases, and its jobs are not to blame"
        ) { t in
            let id = try await t.add()
            for round in 1...6 {
                _ = try await t.takeOne()
                t.time.advance(by: .seconds(90))
                try t.expect(try await t.store.maintain(limit: 10).rescued, 0)
                try await t.pass(.seconds(10))
                try t.expect(try await t.store.maintain(limit: 10).rescued, 1, "rescued within half a lease")
                let record = try await t.record(id)
                try t.expect(record.state, .available)
                try t.expect([record.crashes, record.suspectedAt, record.interruptions], [0, 0, round])
                try t.expect(record.errors.map(\.kind), Array(repeating: .leaseLost, count: round))
                try t.expect(record.errors.last?.message.hasSuffix("after the store had not been in use"), true)
            }
        },
        ConformanceCase(
            "a lease that runs out while others use the store is a crash, taken back when its worker is heard"
        ) { t in
            for road in 0..<4 {
                let id = try await t.add("work")
                var frozen: [ReservedJob] = []
                for worker in [Trial.ann, Trial.bob] {
                    frozen.append(try await t.takeOne(worker: worker))
                    try await t.pass(.seconds(20))
                    _ = try await t.store.maintain(limit: 10)
                }
                try t.expect([try await t.record(id).crashes, try await t.record(id).suspectedAt], [2, 2])
                let running = road == 3 ? try await t.takeOne(worker: WorkerID(bits: 0xc)) : nil
                for (index, job) in frozen.enumerated() {
                    let token = job.token
                    switch road {
                    case 0:
                        _ = try await t.store.renew(
                            RenewRequest(worker: token.worker, tokens: [token], grantedBefore: 0))
                    case 1:
                        _ = try await t.store.note([JobNote(token: token, kind: .progress(Progress(fraction: 0.5)))])
                    default: try t.expect(try await t.settle(job, .done), .stale)
                    }
                    let record = try await t.record(id)
                    try t.expect([record.crashes, record.suspectedAt], [1 - index, 0], "road \(road)")
                    try t.expect(
                        record.errors.map(\.kind), index == 0 ? [.leaseLost, .crash] : [.leaseLost, .leaseLost])
                    try t.expect(record.interruptions, 2)
                }
                if let running {
                    try await t.expect(id, is: .running)
                    try t.expect(try await t.settle(running, .done), .accepted)
                } else {
                    try await t.settle(try await t.takeOne(), .done)
                }
            }
        },
        ConformanceCase("whoever saw a worker die does not speak for it: the crash stays") { t in
            let id = try await t.add()
            let job = try await t.takeOne()
            try await t.pass(.seconds(20))
            _ = try await t.store.maintain(limit: 10)
            let report = CrashedAttempt(
                token: job.token, startedAgoMicroseconds: 0, autopsy: Failure(.crash, "signal 9"))
            try t.expect(try await t.store.retire(Trial.ann, crashed: [report]), [.stale])
            try t.expect(try await t.record(id).crashes, 1)
        },
        ConformanceCase("a killed worker's job runs again within a lease while another worker beats") { t in
            let id = try await t.add()
            _ = try await t.takeOne()
            try await t.pass(.seconds(20))
            try t.expect(try await t.takeOne(worker: Trial.bob).id, id)
        },
    ]
}
