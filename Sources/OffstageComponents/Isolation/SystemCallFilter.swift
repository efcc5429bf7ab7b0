// Compiles the list of refused calls into the filter that the kernel runs at every system call. libseccomp compiles it
// for the current architecture. Another architecture's calls (32-bit calls and x32 on x86-64, 32-bit calls on aarch64)
// have other numbers, so a program that makes one is killed.
import CSystem
import OffstageSystem

#if canImport(CSeccomp)
    import CSeccomp
#endif

/// A system call filter.
struct SystemCallFilter {
    let refused: [RefusedCall]

    /// Collects the calls that a confinement refuses. `isolatesMemory` states whether Landlock protects other
    /// processes' memory.
    init(_ confinement: Confinement, isolatesMemory: Bool) {
        var refused = RefusedCall.others + RefusedCall.namespaces + RefusedCall.administration + RefusedCall.families
        if !confinement.mayListen { refused += RefusedCall.incoming }
        if !confinement.mayShareMemory { refused += RefusedCall.sharedMemory }
        if !isolatesMemory { refused += RefusedCall.othersMemory }
        self.refused = refused
    }

    #if canImport(CSeccomp)
        /// Returns the filter in the kernel's format.
        func compiled() throws -> [UInt8] {
            guard let filter = seccomp_init(SCMP_ACT_ALLOW) else {
                throw ConfinementError("no memory for a system call filter")
            }
            defer { seccomp_release(filter) }
            try check(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "foreign calls")
            // Build a binary tree, because every call passes the filter. Old libraries do not support it and produce a
            // slower filter.
            _ = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2)
            for call in refused { try add(call, to: filter) }
            return try exported(filter)
        }

        private func add(_ call: RefusedCall, to filter: scmp_filter_ctx) throws {
            let number = seccomp_syscall_resolve_name(call.name)
            // Negative: this architecture has no such call, or the library is older than the call.
            guard number >= 0 else { return }
            let action = offstage_seccomp_errno(UInt16(call.answer))
            let problem =
                switch call.condition {
                case .always: offstage_seccomp_add(filter, action, number)
                case .bits(let argument, let mask, let value):
                    offstage_seccomp_add_masked(filter, action, number, argument, mask, value)
                case .unequal(let argument, let value):
                    offstage_seccomp_add_unequal(filter, action, number, argument, value)
                case .greater(let argument, let value):
                    offstage_seccomp_add_greater(filter, action, number, argument, value)
                }
            try check(problem, call.name)
        }

        /// Exports through a pipe, because the library writes only to descriptors. A pipe holds far more than the
        /// largest filter.
        private func exported(_ filter: scmp_filter_ctx) throws -> [UInt8] {
            var readEnd: Int32 = -1
            var writeEnd: Int32 = -1
            try check(-offstage_pipe(&readEnd, &writeEnd), "no pipe")
            defer {
                close(readEnd)
                close(writeEnd)
            }
            try check(seccomp_export_bpf(filter, writeEnd), "no compiled form")
            var code = [UInt8](repeating: 0, count: 64 << 10)
            let count = read(readEnd, &code, code.count)
            guard count > 0 else { throw ConfinementError("cannot make the system call filter: it is empty") }
            return Array(code[..<count])
        }

        private func check(_ problem: Int32, _ what: String) throws {
            guard problem < 0 else { return }
            throw ConfinementError("cannot make the system call filter (\(what)): \(LibC.reason(-problem))")
        }
    #else
        /// Throws, because this system has no such filters.
        func compiled() throws -> [UInt8] {
            throw ConfinementError("this system has no system call filters")
        }
    #endif
}
