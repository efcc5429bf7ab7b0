// The shared memory board between a child and its foreman, and what the child's witness writes to it.
import CSystem
import OffstageCore
import OffstageSystem
import OffstageWorker
import Testing

@testable import OffstageForeman

@Suite struct BoardTests {
    private static func job(_ number: UInt64) -> ReservedJob {
        let token = Token(
            job: JobID(high: 0x1234_7000, low: 0x8000_0000_0000_0000 | number), attempt: 3,
            worker: WorkerID(bits: 77), counter: number, locator: -5)
        let moment = Timestamp(microseconds: 0)
        return ReservedJob(
            token: token, type: "t", queue: "q", arguments: [], priority: 4, maxAttempts: 5, enqueuedAt: moment,
            runAt: moment)
    }

    @Test func whatIsWrittenThroughOneMappingIsReadThroughTheOther() throws {
        let (board, descriptor) = try Board.make(slots: 3)
        defer { Descriptor.close(descriptor) }
        let other = try #require(Board.open(descriptor))
        #expect(other.slots == 3)
        let token = Self.job(9).token
        other.slot(2)?.fill(token, at: 1234)
        #expect(board.slot(0)?.attempt == nil)
        #expect(board.slot(2)?.attempt == BoardAttempt(token: token, startedAt: 1234, progress: nil))
        let note = String(repeating: "ü", count: 200)
        other.slot(2)?.write(Progress(fraction: 0.5, note: note))
        #expect(board.slot(2)?.attempt?.progress == Progress(fraction: 0.5, note: note))
        other.slot(2)?.write(Progress(fraction: 1))
        #expect(board.slot(2)?.attempt?.progress == Progress(fraction: 1))
        other.slot(2)?.fill(token, at: 5)
        #expect(board.slot(2)?.attempt?.progress == nil)
        other.slot(2)?.clear()
        #expect(board.slot(2)?.attempt == nil)
        #expect(board.slot(3) == nil && board.slot(-1) == nil)
    }

    @Test func aBoardIsTakenOnce() throws {
        let (board, descriptor) = try Board.make(slots: 1)
        defer { Descriptor.close(descriptor) }
        #expect(board.take(by: 12))
        #expect(!board.take(by: 13))
        #expect(try #require(Board.open(descriptor)).take(by: 14) == false)
    }

    @Test func whatIsNoBoardIsNotTakenForOne() throws {
        var file: Int32 = -1
        #expect(offstage_shared_file(4096, &file) == 0)
        let pipe = try Descriptor.pipe()
        defer { for descriptor in [file, pipe.read, pipe.write] { Descriptor.close(descriptor) } }
        #expect(Board.open(file) == nil)
        #expect(Board.open(pipe.read) == nil)
        #expect(Board.open(-1) == nil)
        for text in ["", "1", "x.y.z", "\(file).\(pipe.read).\(pipe.write)", "-1.-1.-1"] {
            #expect(try ChildLink.take([ForemanOptions.variable: text]) == nil)
            // A program that a handler started has a parent other than the foreman.
            #expect(try ChildLink.take([ForemanOptions.variable: text + ".1"]) == nil)
        }
        #expect(try ChildLink.take([:]) == nil)
    }

    @Test func aChildWithoutAPlaceIsNoForeman() throws {
        let (board, descriptor) = try Board.make(slots: 1)
        defer { Descriptor.close(descriptor) }
        #expect(board.take(by: 12))
        let foreman = getppid()
        for number in [descriptor, -1] {
            #expect(throws: ForemanError.noPlace(foreman: Int(foreman))) {
                _ = try ChildLink.take([ForemanOptions.variable: "\(number).-1.-1.\(foreman)"])
            }
        }
    }

    @Test func aQuarantineRunsOneSuspectAProcess() {
        var options = ForemanOptions()
        options.jobsPerProcess = 7
        #expect([PostKind.pool, .quarantine, .isolated].map { ChildProcess.jobLimit($0, options) } == [0, 1, 7])
    }

    @Test func theWitnessTellsOfSuspectsOnceInAWhileAndOfTheLastJob() throws {
        let (board, descriptor) = try Board.make(slots: 2)
        let bell = try Descriptor.pipe()
        defer { for descriptor in [descriptor, bell.read, bell.write] { Descriptor.close(descriptor) } }
        board[.jobLimit] = 2
        let witness = BoardWitness(board, bell: bell.write)
        for _ in 0..<100 { witness.suspectWaits() }
        #expect(board[.suspect] == 1)
        #expect(offstage_pending_bytes(bell.read) == 1)

        witness.introduces(WorkerID(bits: 77))
        #expect(board[.worker] == 77 && board[.ready] == 0)
        witness.introduces(nil)
        #expect(board[.worker] == 0)
        witness.introduces(WorkerID(bits: 77))
        witness.isReady()
        #expect(board[.worker] == 77 && board[.ready] == 1)
        witness.begins(Self.job(1), in: 1)
        #expect(board[.hasRun] == 1)
        #expect(board.slot(1)?.attempt?.token == Self.job(1).token)
        witness.ends(in: 1)
        #expect(board.slot(1)?.attempt == nil)
        #expect(board[.served] == 0)
        // An attempt in a slot beyond the board's size is not recorded, and does no harm.
        witness.begins(Self.job(2), in: 2)
        witness.ends(in: 2)
        #expect(board[.served] == 1)
    }
}
