// What the foreman concludes from the end of a child, case by case.
import Testing

@testable import OffstageForeman

@Suite struct InquestTests {
    private func inquest(_ ending: Int, _ change: (inout Inquest) -> Void = { _ in }) -> Inquest {
        var inquest = Inquest(ending: ending)
        inquest.hasRun = true
        inquest.isKnown = true
        change(&inquest)
        return inquest
    }

    @Test(arguments: [256 + 4, 256 + 9, 3, 0]) func whoDiesAtWorkHasCrashed(_ ending: Int) {
        let inquest = inquest(ending)
        #expect(inquest.isCrash && inquest.isToBeReported && !inquest.hasStopped)
        #expect(inquest.ended == .died(hadJobs: true))
    }

    @Test(arguments: [0, 3, 256 + 11]) func whoHasFinishedIsNoDeathWhateverTheStatus(_ ending: Int) {
        for served in [false, true] {
            let inquest = inquest(ending) {
                $0.course = .finished
                $0.hasRetired = true
                $0.hasServed = served
            }
            #expect(inquest.hasStopped && !inquest.isCrash && !inquest.isToBeReported)
            #expect(inquest.ended == .finished(replace: served))
        }
    }

    @Test func whatTheStoreDidNotTakeBackIsReportedWithoutACrash() {
        let inquest = inquest(0) {
            $0.course = .finished
            $0.hasServed = true
        }
        #expect(inquest.isToBeReported && !inquest.isCrash)
        #expect(inquest.ended == .finished(replace: true))
    }

    @Test func whoDiesAfterItsJobsWentBackHasStopped() {
        let inquest = inquest(256 + 4) { $0.hasRetired = true }
        #expect(inquest.hasStopped && !inquest.isCrash && !inquest.isToBeReported)
        #expect(inquest.ended == .finished(replace: false))
    }

    @Test func aRunThatThrewIsAFailureOfTheProcessAndOfNoJob() {
        let inquest = inquest(1) { $0.course = .failed }
        #expect(!inquest.hasStopped && !inquest.isCrash && inquest.isToBeReported)
        #expect(inquest.ended == .died(hadJobs: false))
    }

    @Test(arguments: [256 + 15, 256 + 2, 256 + 1]) func whoIsSentAwayHasNotCrashed(_ ending: Int) {
        let inquest = inquest(ending)
        #expect(!inquest.isCrash && inquest.isToBeReported)
        // Restarts are delayed more each time, in case a job is the cause.
        #expect(inquest.ended == .died(hadJobs: false))
    }

    @Test func whoTheForemanKilledHasNotCrashed() {
        let inquest = inquest(256 + 9) { $0.wasKilled = true }
        #expect(!inquest.isCrash && inquest.isToBeReported)
    }

    @Test func whoHasNotBegunIsNotReported() {
        let inquest = inquest(1) {
            $0.hasRun = false
            $0.isKnown = false
        }
        #expect(!inquest.isToBeReported)
        #expect(inquest.ended == .died(hadJobs: false))
    }
}
