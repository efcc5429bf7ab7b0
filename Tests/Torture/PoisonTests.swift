// Foremen on a file, with real processes and real crashes: what Poison.swift has for every store, and what concerns
// the processes alone.
import Foundation
import OffstageCore
import OffstageTesting
import TestProcesses
import Testing

@Suite(.timeLimit(.minutes(5)), .serialized) struct PoisonTests {
    private let poison = Poison()

    @Test func fivePoisonJobsAmongTenThousandHurtNobodyElse() async throws { try await poison.aFewAmongMany(10_000) }
}
