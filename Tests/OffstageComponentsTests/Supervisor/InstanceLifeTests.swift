// The life of a process as a value: every path through it, without a process.
import OffstageComponents
import OffstageCore
import Testing

@Suite("the life of a process")
struct InstanceLifeTests {
    private static let second: Int64 = 1_000_000

    @Test("it starts, is up once, and stops when told")
    func ordinary() {
        var life = InstanceLife(now: 0)
        let answer1 = life.begin(now: 0)
        #expect(answer1 && life.phase == .starting && life.restarts == 0)
        let answer2 = life.ready(now: 5)
        #expect(answer2 && life.phase == .running && life.since == 5)
        let answer3 = life.ready(now: 6)
        #expect(!answer3)
        let answer4 = life.stop(now: 7)
        #expect(answer4 && life.phase == .stopping)
        let answer5 = life.stop(now: 8)
        #expect(!answer5)
        let answer6 = life.ended("exited with status 0", now: 9)
        #expect(answer6 == .gone && life.phase == .stopped)
        let answer7 = life.begin(now: 10)
        #expect(!answer7)
    }

    @Test("repeated ends are followed by pauses of 0, 1, 2, 4, 8, 16 and then always 30 s")
    func backoff() {
        var life = InstanceLife(now: 0)
        var now: Int64 = 0
        var pauses: [Int64] = []
        for _ in 0..<9 {
            let answer8 = life.begin(now: now)
            #expect(answer8)
            // Too slow for five ends within a minute, but too quick to reset the pauses.
            now += 20 * Self.second
            guard case .again(let pause, let isFailing) = life.ended("died", now: now) else { return }
            #expect(!isFailing)
            pauses.append(pause.components.seconds)
            now += Int64(pause.components.seconds) * Self.second
        }
        #expect(pauses == [0, 1, 2, 4, 8, 16, 30, 30, 30])
        #expect(life.restarts == 8)
    }

    @Test("a minute of life resets the pauses")
    func reset() {
        var life = InstanceLife(now: 0)
        _ = life.begin(now: 0)
        _ = life.ended("died", now: 1)
        _ = life.begin(now: 1)
        let answer9 = life.ended("died", now: 2)
        #expect(answer9 == .again(after: .seconds(1), isFailing: false))
        _ = life.begin(now: Self.second)
        let answer10 = life.ended("died", now: 62 * Self.second)
        #expect(answer10 == .again(after: .zero, isFailing: false))
    }

    @Test("five ends within a minute make it failing, once, and it is restarted once a minute")
    func failing() {
        var life = InstanceLife(now: 0)
        var last = InstanceLife.Next.gone
        for number in 1...5 {
            _ = life.begin(now: Int64(number))
            last = life.ended("died", now: Int64(number) + 1)
        }
        #expect(last == .again(after: .seconds(60), isFailing: true) && life.isFailing)
        _ = life.begin(now: 61 * Self.second)
        let answer11 = life.ended("died", now: 61 * Self.second)
        #expect(answer11 == .again(after: .seconds(60), isFailing: false))
        _ = life.begin(now: 130 * Self.second)
        _ = life.ready(now: 130 * Self.second)
        let answer12 = life.ended("died", now: 200 * Self.second)
        #expect(answer12 == .again(after: .zero, isFailing: false))
        #expect(!life.isFailing)
    }

    @Test("one that was failing and has since lived for a minute is no longer failing")
    func recovered() {
        var life = InstanceLife(now: 0)
        for _ in 1...5 {
            _ = life.begin(now: 0)
            _ = life.ended("died", now: 0)
        }
        _ = life.begin(now: 60 * Self.second)
        _ = life.ready(now: 61 * Self.second)
        #expect(life.isFailing(at: 100 * Self.second))
        #expect(!life.isFailing(at: 120 * Self.second))
        _ = life.stop(now: 130 * Self.second)
        #expect(life.phase == .stopping)
    }

    @Test("one that waits for its restart stops at once, and is not started")
    func stopWhileWaiting() {
        var life = InstanceLife(now: 0)
        _ = life.begin(now: 0)
        _ = life.ended("died", now: 1)
        let answer13 = life.stop(now: 2)
        #expect(!answer13 && life.phase == .stopped)
        let answer14 = life.begin(now: 3)
        #expect(!answer14)
    }

    @Test("an end while stopping is not a crash, whatever it was")
    func endWhileStopping() {
        var life = InstanceLife(now: 0)
        _ = life.begin(now: 0)
        _ = life.stop(now: 1)
        let answer15 = life.ready(now: 2)
        #expect(!answer15)
        let answer16 = life.ended("was ended by signal 9", now: 3)
        #expect(answer16 == .gone && !life.isFailing)
    }
}
