// The system calls that a confined program is refused, with reasons: first calls that could accept connections, then
// calls that could reach other processes of the same user, then calls that no worker needs and that have been a way
// into the kernel before. It is a deny list, not an allow list, because `start` may name any program in any language,
// and a new release of a runtime must not break a component.

import OffstageSystem

/// A system call that is refused, possibly only with certain arguments.
struct RefusedCall: Sendable, Hashable {
    /// The condition on one argument, counted from 0.
    enum Condition: Sendable, Hashable {
        case always
        case bits(argument: UInt32, mask: UInt64, equal: UInt64)
        case unequal(argument: UInt32, UInt64)
        case greater(argument: UInt32, UInt64)
    }

    var name: String
    var condition = Condition.always
    /// The errno value that the program gets.
    var answer = EPERM

    static func each(_ names: String...) -> [RefusedCall] {
        names.map { RefusedCall(name: $0) }
    }
}

extension RefusedCall {
    /// Calls that accept connections. io_uring could do all of it without passing the filter.
    static let incoming = each(
        "listen", "accept", "accept4", "io_uring_setup", "io_uring_enter", "io_uring_register")

    /// Calls that reach into other processes of this user: their memory, descriptors and limits.
    static let others =
        each("ptrace", "process_vm_writev", "process_madvise", "process_mrelease", "pidfd_getfd", "kcmp")
        + [RefusedCall(name: "prlimit64", condition: .unequal(argument: 0, 0))]
        + [tiocsti, tioclinux].map {
            RefusedCall(name: "ioctl", condition: .bits(argument: 1, mask: lowWord, equal: $0))
        }

    /// Calls that read other processes' memory. Landlock still allows a program its own children, which Swift's
    /// backtraces need.
    static let othersMemory = each("process_vm_readv")

    /// Memory, semaphores and message queues that all processes of a user can find, by name or by number. Names are in
    /// no folder that a component owns; numbers are small and listed in /proc/sysvipc.
    static let sharedMemory = each(
        "shmget", "shmat", "shmctl", "semget", "semop", "semtimedop", "semctl", "msgget", "msgsnd", "msgrcv", "msgctl",
        "mq_open", "mq_unlink")

    /// A new namespace makes an ordinary user an administrator within it and exposes much of the kernel's attack
    /// surface.
    static let namespaces =
        namespaceFlags.map {
            RefusedCall(name: "clone", condition: .bits(argument: 0, mask: $0, equal: $0))
        }
        + (namespaceFlags + [newTime]).map {
            RefusedCall(name: "unshare", condition: .bits(argument: 0, mask: $0, equal: $0))
        }
        // Its flags are in memory, which a filter cannot read. When they get ENOSYS, libraries fall back to clone.
        + [RefusedCall(name: "clone3", answer: ENOSYS)]
        + each("setns")

    /// Administration of the machine, which needs privileges anyway, and kernel features with a history of
    /// vulnerabilities.
    static let administration = each(
        "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount",
        "fspick",
        "mount_setattr", "swapon", "swapoff", "reboot", "kexec_load", "kexec_file_load", "init_module", "finit_module",
        "delete_module", "acct", "quotactl", "quotactl_fd", "settimeofday", "clock_settime", "sethostname",
        "setdomainname", "iopl", "ioperm", "modify_ldt", "vhangup", "nfsservctl", "lookup_dcookie", "fanotify_init",
        "open_by_handle_at", "bpf", "perf_event_open", "userfaultfd", "syslog", "add_key", "request_key", "keyctl")

    /// Sockets other than UNIX, IPv4, IPv6 and netlink (with which a program reads its own addresses).
    static let families =
        ([3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15] as [UInt64]).map {
            RefusedCall(
                name: "socket", condition: .bits(argument: 0, mask: lowWord, equal: $0), answer: EAFNOSUPPORT)
        }
        + [RefusedCall(name: "socket", condition: .greater(argument: 0, 16), answer: EAFNOSUPPORT)]

    private static let lowWord: UInt64 = 0xffff_ffff
    private static let tiocsti: UInt64 = 0x5412
    private static let tioclinux: UInt64 = 0x541C
    private static let newTime: UInt64 = 0x80
    /// The flags for mount, control group, host name, IPC, user, process and network namespaces.
    private static let namespaceFlags: [UInt64] = [
        0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
    ]
}
