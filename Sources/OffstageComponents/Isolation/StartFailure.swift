// Describes the step between the fork and the program at which a start failed.
import CSystem
import OffstageCore
import OffstageSystem

/// Describes a failed start.
enum StartFailure {
    /// Returns one line. `number` is an errno value plus OFFSTAGE_STEP_UNIT times the failed step.
    static func text(_ number: Int32, _ launch: ComponentLaunch) -> String {
        let step = UInt32(number / Int32(OFFSTAGE_STEP_UNIT))
        let reason = number == 0 ? "its keeper was killed" : LibC.reason(number % Int32(OFFSTAGE_STEP_UNIT))
        return "cannot start \(Names.quoted(launch.program))\(words(step, launch)): \(reason)"
    }

    private static func words(_ step: UInt32, _ launch: ComponentLaunch) -> String {
        switch step {
        case OFFSTAGE_STEP_FOLDER.rawValue: " in the folder \(Names.quoted(launch.folder ?? ""))"
        case OFFSTAGE_STEP_DESCRIPTORS.rawValue: ", closing its descriptors"
        case OFFSTAGE_STEP_GROUP.rawValue: ", joining its control group"
        case OFFSTAGE_STEP_PRIORITY.rawValue: ", setting its priority"
        case OFFSTAGE_STEP_LIMITS.rawValue: ", setting its limits"
        case OFFSTAGE_STEP_USER.rawValue: ", becoming another user"
        case OFFSTAGE_STEP_PRIVILEGES.rawValue: ", giving up new privileges"
        case OFFSTAGE_STEP_FILES.rawValue: ", restricting its files"
        case OFFSTAGE_STEP_FILTER.rawValue: ", filtering its system calls"
        default: ""
        }
    }
}
