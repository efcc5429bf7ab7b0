// Pick-up across two processes. This program starts itself again as an idle worker and stores jobs one at a time, with
// the time of the call in their arguments. The worker reports how long each took to reach its handler. Both read the
// same monotonic clock. While nothing happens, the worker's CPU time and memory are read from /proc.
import Foundation
import Offstage
public import OffstageCore
import Synchronization

struct Pickup {
    let settings: BenchSettings
    let target: any BenchTarget

    func run(_ report: inout BenchReport) async throws {
        let bare = try await bareWake()
        let store = try await target.open("pickup", keep: 1000)
        let peer = try Peer(settings.peerArguments, store: target.location("pickup"))
        try await ready(store)
        report.idle = try await idleCost(peer.process.processIdentifier)
        let enqueuer = Enqueuer(store)
        let time = SystemTime()
        for number in 0..<settings.pickups {
            try await time.sleep(for: .microseconds(Int64(Self.pause(number))))
            let sent = String(time.monotonicMicroseconds())
            _ = try await enqueuer.enqueue(type: PickupPeer.type, arguments: Array(sent.utf8))
        }
        try await allPickedUp(store)
        let samples = try await peer.finish()
        await store.close()
        await target.remove("pickup")
        guard !samples.isEmpty else { throw StoreError.failed("the idle worker returned nothing") }
        report.pickup = (Self.at(0.5, samples), Self.at(0.99, samples), samples.count)
        guard !bare.isEmpty else { return }
        report.bareWake = (Self.at(0.5, bare), Self.at(0.99, bare), bare.count)
    }

    /// The pause before a message, in microseconds: both sides are asleep by then, and no rhythm helps either of them.
    static func pause(_ number: Int) -> UInt32 { UInt32(3000 + number % 7 * 1000) }

    /// A part of the sorted samples, which are microseconds, in milliseconds.
    private static func at(_ part: Double, _ samples: [Double]) -> Double {
        samples[min(samples.count - 1, Int(Double(samples.count) * part))] / 1000
    }

    /// The same number of messages with nothing around them.
    private func bareWake() async throws -> [Double] {
        let peer = try Peer(settings.peerArguments + ["--bare"], store: target.location("bare"))
        try await target.sendBare("bare", count: settings.pickups)
        let samples = try await peer.finish()
        await target.remove("bare")
        return samples
    }

    private func ready(_ store: any Store) async throws {
        let time = SystemTime()
        for _ in 0..<500 {
            if try await !store.workers().isEmpty { return }
            try await time.sleep(for: .milliseconds(20))
        }
        throw StoreError.failed("the idle worker did not start")
    }

    /// Returns once every stored job has ended. A worker that is stopped would leave the waiting ones.
    private func allPickedUp(_ store: any Store) async throws {
        let time = SystemTime()
        for _ in 0..<1500 {
            let counts = try await store.counts()
            if counts.total(.available) + counts.total(.running) == 0 { return }
            try await time.sleep(for: .milliseconds(20))
        }
        throw StoreError.failed("the idle worker did not run \(settings.pickups) jobs within 30 s of the last one")
    }

    private func idleCost(_ pid: Int32) async throws -> (cpuPercent: Double, rssMiB: Double) {
        let time = SystemTime()
        try await time.sleep(for: .seconds(1))
        let before = Self.cpuSeconds(pid)
        try await time.sleep(for: settings.idle)
        let seconds = Double(settings.idle.microseconds) / 1_000_000
        return ((Self.cpuSeconds(pid) - before) / seconds * 100, Self.residentMiB(pid))
    }

    private static func cpuSeconds(_ pid: Int32) -> Double {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return 0 }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 12 else { return 0 }
        return ((Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func residentMiB(_ pid: Int32) -> Double {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") })
        else { return 0 }
        return (line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Double($0) } ?? 0) / 1024
    }
}

/// This program, started again.
private struct Peer {
    let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    init(_ arguments: [String], store: String) throws {
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        if let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
            process.executableURL = URL(fileURLWithPath: own)
        }
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["OFFSTAGE_STORE": store]) { $1 }
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    /// Ends its standard input, and returns what it printed, sorted.
    func finish() async throws -> [Double] {
        try input.fileHandleForWriting.close()
        let text = try await onOwnThread { [output] in
            String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        }
        process.waitUntilExit()
        return text.split(separator: "\n").compactMap { Double($0) }.sorted()
    }
}

/// The idle worker of the pick-up measurement.
public enum PickupPeer {
    static let type = "bench.pickup"

    /// Runs a worker on a store until stdin ends. Returns the microseconds that each pick-up took.
    public static func run(_ store: any Store) async throws -> [Int64] {
        let samples = Mutex<[Int64]>([])
        let time = SystemTime()
        var options = WorkerOptions()
        options.handlesSignals = false
        options.log = SilentLog()
        let worker = Worker(store, concurrency: 4, options: options) {
            Handler(raw: type) { job, _ in
                let now = time.monotonicMicroseconds()
                let sent = Int64(String(decoding: job.arguments, as: UTF8.self)) ?? now
                samples.withLock { $0.append(now - sent) }
                return nil
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            // A dedicated thread waits for the end of stdin.
            await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    while readLine() != nil {}
                    continuation.resume()
                }
            }
            worker.shutdown()
            try await group.waitForAll()
        }
        return samples.withLock { $0 }
    }
}
