// From layout 1 to 2: a namespace that the first version left behind works as if it had been made today. The tests make
// it from a new one, by removing the new parts and joining its lines as they were before.
import OffstageCore
import OffstageTesting
import RedisServers
import Testing

@testable import OffstageRedis

@Suite(.timeLimit(.minutes(2))) struct LayoutTests {
    /// A script that turns a partition back to layout 1.
    private static let backwards = """
        local base, call = KEYS[1], redis.call
        local function forget(line)
          local level, rest = string.sub(line, 1, 1), string.sub(line, 2)
          local number = string.byte(level)
          local first = number >= 107 and 107 or number >= 97 and 97 or number >= 65 and 65 or 48
          local old = (number >= 97 and 's' or '') .. (number - first) .. rest
          if first ~= 48 then
            local found = call('ZRANGE', base .. 'later:' .. line, 0, -1, 'WITHSCORES')
            for i = 1, #found, 2 do call('ZADD', base .. 'later:' .. old, found[i + 1], found[i]) end
            call('DEL', base .. 'later:' .. line)
          end
          call('HSET', base .. 'open', old, 1)
        end
        for _, key in ipairs(call('KEYS', '*')) do
          local queue = string.sub(key, 1, #base) == base and string.match(key, '}lanes:(.*)$')
          if queue then
            local lanes = call('HGETALL', key)
            for i = 1, #lanes, 2 do
              for at = 1, #lanes[i + 1], 20 do
                forget(string.sub(lanes[i + 1], at, at) .. '|' .. queue .. '|' .. lanes[i])
              end
            end
          end
        end
        for _, key in ipairs(call('KEYS', '*')) do
          if string.find(key, base, 1, true) == 1 and (string.find(key, '}heads:', 1, true)
            or string.find(key, '}lanes:', 1, true) or string.find(key, '}types', 1, true)) then call('DEL', key) end
        end
        if call('EXISTS', base .. 'meta') == 1 then call('HSET', base .. 'meta', 'layout', 1) end
        """

    @Test(arguments: [1, 3]) func anOlderNamespaceIsRefusedUntilItIsMigrated(partitions: Int) async throws {
        let server = try await RedisServer.start()
        let url = "\(server.url)?partitions=\(partitions)"
        let store = try await Trouble.store(url)
        let hand = Hand()
        let now = (0..<1500).map { number in
            Trouble.job {
                $0.priority = number % 2 == 0 ? 4 : 2
                $0.queue = "q\(number % 3)"
            }
            .housed(in: store)
        }
        for start in [0, 1000] { _ = try await store.enqueue(Array(now[start..<min(1500, start + 1000)])) }
        // Some are handed back, some wait for their time, one is a suspect, and one queue is paused.
        let held = try await hand.take(20, from: store)
        _ = try await store.settle(held.prefix(10).map { Trouble.end($0, .interrupted) })
        let later = (0..<5).map { _ in Trouble.job { $0.start = .after(.seconds(3600)) }.housed(in: store) }
        _ = try await store.enqueue(later)
        let report = CrashedAttempt(
            token: held[10].token, startedAgoMicroseconds: 0, autopsy: Failure(.crash, "signal 11"))
        _ = try await store.retire(hand.id, crashed: [report])
        let paused = held[10].queue == "q2" ? "q1" : "q2"
        _ = try await store.setPaused(true, queue: paused)
        await store.close()
        for index in 0..<partitions {
            _ = try await server.probe.command("EVAL", Self.backwards, "1", "{offstage.\(index)}")
        }

        let (error, line, _) = await Trouble.failure { _ = try await Trouble.store(url) }
        guard case .olderSchema(found: 1, known: 2, _) = error else {
            Issue.record("\(line)")
            return
        }
        #expect(try await RedisStore.migrate(url, options: Trouble.options()) == (1, 2))
        #expect(try await RedisStore.migrate(url, options: Trouble.options()) == (2, 2))
        let migrated = try await Trouble.store(url)
        #expect(try await migrated.counts().total(.scheduled) == 5)
        var done: [JobID] = []
        // With several partitions, the first that is asked may have only ordinary jobs.
        if partitions == 1 {
            let suspect = try await Hand().take(9, from: migrated)
            #expect(suspect.map(\.id) == [held[10].id])
            _ = try await migrated.settle(suspect.map { Trouble.end($0) })
            done += suspect.map(\.id)
        }
        let shown = try await Hand().drain(migrated)
        done += shown
        #expect(done.count == 1000, "two queues of three")
        _ = try await migrated.setPaused(false, queue: paused)
        done += try await Hand().drain(migrated)
        #expect(done.sorted() == now.map(\.id).sorted())
        if partitions == 1 {
            let order = (now.filter { $0.priority == 2 } + now.filter { $0.priority == 4 }).map(\.id)
            let rest = Set(shown)
            #expect(shown == order.filter { rest.contains($0) })
        }
        await migrated.close()
    }
}
