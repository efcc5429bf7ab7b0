// Thousands of damaged files: each gives a model or an error with a place in the file, within a short time.

import Foundation
import OffstageSystem
import Testing

@testable import OffstageComponents

@Suite("Boxfile: damaged files")
struct BoxfileFuzzTests {
    /// SplitMix64, so that a printed seed reproduces a failure.
    private struct Chance: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private static let scraps: [String] = [
        "\t", ":", ": ", "- ", "[", "]", "{", "}", "&a ", "*a", "<<: *a", "!!x ", "\"", "'", "|\n", ">\n", "#", "---\n",
        "...\n", "\0", "\u{FEFF}", "${A}", "${", "%", "? ", "~", "\r", "\u{2028}", "web.main:\n", "  start: x\n", "é",
        "@",
    ]

    private func mutate(_ bytes: inout [UInt8], _ chance: inout Chance) {
        for _ in 0..<Int.random(in: 1...6, using: &chance) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &chance)
            let end = min(bytes.count, at + Int.random(in: 1...40, using: &chance))
            switch Int.random(in: 0..<6, using: &chance) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &chance)
            case 1: bytes.removeSubrange(at..<end)
            case 2:
                bytes.insert(contentsOf: Array(bytes[at..<end]), at: Int.random(in: 0..<bytes.count, using: &chance))
            case 3: bytes.insert(contentsOf: Array((Self.scraps.randomElement(using: &chance) ?? "").utf8), at: at)
            case 4: bytes.insert(contentsOf: Array(repeating: 0x20, count: end - at), at: at)
            default: bytes.removeSubrange(at...)
            }
        }
    }

    @Test("a damaged file gives a model or errors with a place within it, never a crash")
    func damaged() {
        let seed = ProcessInfo.processInfo.environment["OFFSTAGE_SEED"].flatMap(UInt64.init) ?? 20_260_101
        var chance = Chance(state: seed)
        var (models, errors) = (0, 0)
        for round in 0..<4000 {
            var bytes = Array(BoxfileTests.full.utf8)
            mutate(&bytes, &chance)
            let lines = bytes.count { $0 == 0x0A || $0 == 0x0D || $0 == 0x85 || $0 == 0xA8 || $0 == 0xA9 } + 2
            do throws(BoxfileError) {
                let boxfile = try Boxfile.parse(bytes, file: "b")
                #expect(!boxfile.order.isEmpty)
                models += 1
            } catch {
                errors += 1
                let isLocated = error.messages.allSatisfy { message in
                    guard let place = message.place else { return false }
                    return (1...lines).contains(place.line) && (1...bytes.count + 2).contains(place.column)
                        && !message.text.isEmpty && !message.description.contains("\n")
                }
                #expect(isLocated && !error.messages.isEmpty, "seed \(seed), round \(round): \(error)")
            }
        }
        // If all files were refused, or none, the damage would be of the wrong kind.
        #expect(models > 100 && errors > 1000, "\(models) models, \(errors) errors")
    }

    /// The processor time that this thread has used, independent of other load on the machine.
    private static func cpuSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    @Test("the largest and most damaged file that is allowed costs little", .timeLimit(.minutes(3)))
    func expensive() {
        let long = String(repeating: "k", count: 90)
        let unknown = "worker.a:\n  start: a\n" + (0..<4900).map { "  \(long)\($0): 1\n" }.joined()
        let anchored = "worker.a: &a {start: a, env: {A: x}}\n" + (0..<900).map { "worker.b\($0): *a\n" }.joined()
        let missing =
            (0..<99).map { "data.s\($0): {image: unfs}\n" }.joined() + "worker.a:\n  start: a\n  network_dirs:\n"
            + (0..<3000).map { "    data.n\($0): [f\($0)]\n" }.joined()
        for text in [unknown, anchored, missing] {
            let before = Self.cpuSeconds()
            _ = try? Boxfile.parse(text)
            let took = Self.cpuSeconds() - before
            #expect(took < 10, "\(took) s")
        }
    }
}
