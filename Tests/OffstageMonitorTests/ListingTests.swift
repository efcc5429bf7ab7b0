// Listings: pages that fill up, consecutive pages, and records by id.
import OffstageCore
import OffstageMonitor
import Testing

@Suite(.timeLimit(.minutes(1))) struct ListingTests {
    @Test(arguments: StoreKind.allCases) func pagesFollowOneAnotherWithoutGapOrRepeat(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            let ids = try await stage.enqueue(25)
            var sizes: [Int] = []
            var seen: [JobID] = []
            for try await page in stage.monitor.pages(size: 10) {
                sizes.append(page.records.count)
                seen += page.records.map(\.id)
                #expect(page.cursors.count == page.records.count)
            }
            #expect(sizes == [10, 10, 5])
            #expect(seen == ids.reversed())
        }
    }

    @Test(arguments: StoreKind.allCases) func aCursorOfAnyRecordGoesOnBehindIt(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            let ids = try await stage.enqueue(10)
            let page = try await stage.monitor.list(limit: 10)
            let rest = try await stage.monitor.list(after: page.cursors[6], limit: 10)
            #expect(rest.records.map(\.id) == ids[0..<3].reversed())
        }
    }

    @Test(arguments: StoreKind.allCases) func filtersAddUp(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            let tagged = try await stage.enqueue { $0.tags = ["red", "blue"] }
            try await stage.enqueue { $0.queue = "other" }
            try await stage.enqueue("image") { $0.tags = ["red"] }
            try await stage.enqueue { $0.start = .after(.seconds(9)) }
            let mail = JobFilter(type: "mail", tag: "red")
            #expect(try await stage.monitor.list(mail).records.map(\.id) == [tagged])
            #expect(try await stage.monitor.list(JobFilter(tag: "red")).records.count == 2)
            #expect(try await stage.monitor.list(JobFilter(queue: "other")).records.count == 1)
            #expect(try await stage.monitor.list(JobFilter(state: .scheduled)).records.count == 1)
            #expect(try await stage.monitor.list(JobFilter(state: .completed)).records.isEmpty)
        }
    }

    @Test(arguments: StoreKind.allCases) func aPageFillsUpAcrossWhatTheStoreExamines(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            try await stage.enqueue(12_000) { index, job in if index % 4000 == 0 { job.tags = ["rare"] } }
            let rare = JobFilter(tag: "rare")
            #expect(try await stage.store.list(rare, after: nil, limit: 100).records.count < 3)
            let page = try await stage.monitor.list(rare)
            #expect(page.records.count == 3)
            #expect(page.next == nil)
            let once = try await stage.monitor.list(rare, rounds: 1)
            #expect(once.records.count < 3 && once.next != nil)
            var pages = 0
            for try await page in stage.monitor.pages(rare, size: 2) {
                pages += 1
                #expect(!page.records.isEmpty)
            }
            #expect(pages == 2)
        }
    }

    @Test(arguments: StoreKind.allCases) func recordsAreFoundInTheOrderAsked(_ kind: StoreKind) async throws {
        try await Stage.on(kind) { stage in
            let ids = try await stage.enqueue(2300)
            let asked = Array(ids.reversed()) + [JobID(high: 1, low: 1)]
            let found = try await stage.monitor.find(asked)
            #expect(found.map { $0?.id } == ids.reversed().map { $0 } + [nil])
        }
    }
}
