// A confinement in the form that the C code uses. Its paths are opened and its filter is compiled here, so that only
// system calls can fail in the child. Features that the kernel lacks are left out; KernelSupport reports them.
import CSystem
import OffstageCore
import OffstageSystem

/// A confinement that is ready for any number of starts.
final class PreparedConfinement: Sendable {
    // Proof: only init writes it; afterwards the C code reads it, and deinit frees it when no reference is left.
    nonisolated(unsafe) let pointer: OpaquePointer

    init(_ confinement: Confinement, support: KernelSupport) throws {
        guard let pointer = offstage_confinement_create(confinement.fileMask) else {
            throw ConfinementError("no memory to confine a program")
        }
        self.pointer = pointer
        if confinement.onlyLimits {
            offstage_confinement_only_limits(pointer)
        } else {
            try restrict(confinement, support)
        }
        offstage_confinement_set_limits(
            pointer, UInt64(max(0, confinement.memoryBytes ?? 0)), UInt64(max(0, confinement.openFiles ?? 0)))
        offstage_confinement_set_priority(
            pointer, Int32(min(19, max(0, confinement.niceness))), confinement.isBatch ? 1 : 0)
        if let user = confinement.user { offstage_confinement_set_user(pointer, user.user, user.group) }
        if let group = confinement.controlGroup {
            try Self.check(offstage_confinement_join(pointer, group), "cannot open \(Names.quoted(group))")
        }
    }

    deinit {
        offstage_confinement_free(pointer)
    }

    private func restrict(_ confinement: Confinement, _ support: KernelSupport) throws {
        let hasLandlock = confinement.restrictsFiles && support.landlockVersion > 0
        if hasLandlock { try restrictFiles(confinement) }
        guard support.hasFilters else { return }
        let code = try SystemCallFilter(confinement, isolatesMemory: hasLandlock).compiled()
        let problem = code.withUnsafeBytes {
            offstage_confinement_set_filter(pointer, $0.baseAddress, $0.count)
        }
        try Self.check(problem, "cannot keep the system call filter")
    }

    private func restrictFiles(_ confinement: Confinement) throws {
        try Self.check(
            offstage_confinement_restrict_files(pointer, confinement.mayListen ? 0 : 1, 1),
            "the kernel takes no rules for files")
        let read = OFFSTAGE_MAY_READ
        let execute = OFFSTAGE_MAY_EXECUTE
        let write = OFFSTAGE_MAY_WRITE
        try allow(confinement.readable, read | execute)
        try allow(confinement.writable, read | execute | write)
        try allow(confinement.devices, read | write)
        if confinement.mayShareMemory, SystemFolders.exists("/dev/shm") { try allow(["/dev/shm"], read | write) }
    }

    private func allow(_ paths: [String], _ rights: Int) throws {
        for path in paths {
            let problem = offstage_confinement_allow(pointer, path, Int32(rights))
            try Self.check(problem, "cannot let a component use \(Names.quoted(path))")
        }
    }

    private static func check(_ problem: Int32, _ what: String) throws {
        guard problem == 0 else { throw ConfinementError("\(what): \(LibC.reason(problem))") }
    }
}
