// The system calls that stores and workers in several processes share: futexes, locks and words in mapped memory.
import CSystem
import Foundation
import OffstageSystem
import Testing

@Suite("The system calls", .timeLimit(.minutes(1)))
struct SystemTests {
    @Test("let another process wake a sleeper on a shared word")
    func futexAcrossProcesses() async throws {
        let file = try TemporaryFile()
        let sleeper = Task.detached { () -> Int32 in
            let words = try #require(file.map())
            defer { munmap(words, 4096) }
            // Announces that it sleeps, a moment before it does.
            offstage_store_u32(words + 1, 1)
            while offstage_load_u32(words) == 0 {
                let answer = offstage_futex_wait(words, 0, 20_000_000_000)
                if answer == ETIMEDOUT { return answer }
            }
            return 0
        }
        let path = file.path
        await #expect(processExitsWith: .success) { [path = path as String] in
            let words = try #require(TemporaryFile(existing: path).map())
            await eventually { offstage_load_u32(words + 1) == 1 }
            offstage_store_u32(words, 1)
            // The child may not sleep yet. Then it sees the changed word, or the next wake reaches it.
            for _ in 0..<100 where offstage_futex_wake(words, 1) == 0 { usleep(1000) }
        }
        #expect(try await sleeper.value == 0)
    }

    @Test("do not let a sleeper sleep on a word that has changed, or longer than its limit")
    func futexReturns() throws {
        let file = try TemporaryFile()
        let word = try #require(file.map())
        defer { munmap(word, 4096) }
        #expect(offstage_futex_wait(word, 7, -1) == EAGAIN)
        #expect(offstage_futex_wait(word, 0, 1_000_000) == ETIMEDOUT)
        #expect(offstage_futex_wait(word, 0, 0) == ETIMEDOUT)
        #expect(offstage_futex_wake(word, 1) == 0)
    }

    @Test("lock one byte against every other open file, but not against the same one")
    func locks() throws {
        let file = try TemporaryFile()
        let one = open(file.path, O_RDWR)
        let two = open(file.path, O_RDWR)
        defer {
            close(one)
            close(two)
        }
        #expect(offstage_ofd_trylock(one, 5) == 0)
        #expect(offstage_ofd_trylock(one, 5) == 0)
        #expect(offstage_ofd_trylock(two, 5) == EAGAIN)
        #expect(offstage_ofd_trylock(two, 6) == 0)
        #expect(offstage_ofd_unlock(one, 5) == 0)
        #expect(offstage_ofd_trylock(two, 5) == 0)
    }

    @Test("release the lock of a killed process to a waiter")
    func killedHolder() async throws {
        let file = try TemporaryFile()
        let waiter = Task.detached { () -> Int32 in
            let words = try #require(file.map())
            defer { munmap(words, 4096) }
            let descriptor = open(file.path, O_RDWR)
            defer { close(descriptor) }
            #expect(await eventually { offstage_load_u32(words) == 1 })
            #expect(offstage_ofd_trylock(descriptor, 0) == EAGAIN)
            offstage_store_u32(words, 2)
            return offstage_ofd_lock(descriptor, 0)
        }
        let path = file.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let words = try #require(TemporaryFile(existing: path).map())
            let descriptor = open(path, O_RDWR)
            #expect(offstage_ofd_lock(descriptor, 0) == 0)
            offstage_store_u32(words, 1)
            if await eventually({ offstage_load_u32(words) == 2 }) { kill(getpid(), SIGKILL) }
        }
        #expect(try await waiter.value == 0)
    }

    @Test("change words as requested, and return the previous value")
    func words() throws {
        let file = try TemporaryFile()
        let word = try #require(file.map())
        defer { munmap(word, 4096) }
        offstage_store_u32(word, 4)
        #expect(offstage_fetch_add_u32(word, 2) == 4)
        #expect(offstage_fetch_or_u32(word, 1) == 6)
        #expect(!offstage_compare_exchange_u32(word, 6, 9))
        #expect(offstage_compare_exchange_u32(word, 7, 9))
        #expect(offstage_exchange_u32(word, 1) == 9)
        #expect(offstage_load_u32(word) == 1)
        word.withMemoryRebound(to: UInt64.self, capacity: 1) { wide in
            offstage_store_u64(wide, 1 << 40)
            #expect(offstage_fetch_add_u64(wide, 2) == 1 << 40)
            #expect(offstage_fetch_or_u64(wide, 1) == 1 << 40 + 2)
            #expect(offstage_compare_exchange_u64(wide, 1 << 40 + 3, 5))
            #expect(!offstage_compare_exchange_u64(wide, 4, 6))
            #expect(offstage_exchange_u64(wide, 8) == 5)
            #expect(offstage_load_u64(wide) == 8)
        }
    }

    @Test("distinguish threads, have monotonic clocks, and recognise a local file system")
    func facts() async throws {
        #expect(offstage_gettid() > 0)
        let before = offstage_monotonic_ns()
        #expect(offstage_monotonic_ns() >= before)
        #expect(abs(offstage_wall_us() / 1_000_000 - Int64(time(nil))) < 60)
        #expect(offstage_network_file_system("/") == nil)
        #expect(offstage_network_file_system("/no/such/place") == nil)
    }

    /// The numbers from linux/magic.h and from the file systems' own sources; WSL shows Windows' drives through 9p.
    @Test(
        "know a network file system by its magic number",
        arguments: [(0x0102_1997, "9p"), (0x6969, "nfs"), (0xFF53_4D42, "cifs"), (0xFE53_4D42, "smb2"), (0xEF53, nil)]
            as [(UInt32, String?)])
    func networkFileSystems(magic: UInt32, name: String?) {
        #expect(offstage_network_kind(magic).map { String(cString: $0) } == name)
    }
}

/// A file of one page that several processes can map; removed with its last reference.
private final class TemporaryFile: Sendable {
    let path: String
    private let isOwner: Bool

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "offstage-\(UUID().uuidString)").path
        try Data(count: 4096).write(to: URL(filePath: path))
        isOwner = true
    }

    init(existing path: String) {
        self.path = path
        isOwner = false
    }

    deinit {
        if isOwner { unlink(path) }
    }

    func map() -> UnsafeMutablePointer<UInt32>? {
        let descriptor = open(path, O_RDWR)
        defer { close(descriptor) }
        guard let memory = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0) else { return nil }
        return memory == MAP_FAILED ? nil : memory.assumingMemoryBound(to: UInt32.self)
    }
}
