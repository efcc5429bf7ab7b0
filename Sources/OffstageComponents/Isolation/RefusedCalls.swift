// The list of system calls that a confined program is refused, each with its reason: first those by which connections
// could come in, then those by which it could reach other processes of the same user, then what no worker needs and
// what has been a way into the kernel before. It is a list of refusals and not of what is allowed, because `start`
// names any program, in any language, and a new release of a runtime must not break a component.

import OffstageSystem

/// A system call that is refused, perhaps only with some arguments.
struct RefusedCall: Sendable, Hashable {
    /// When it is refused, by one argument, counted from 0.
    enum Condition: Sendable, Hashable {
        case always
        case bits(argument: UInt32, mask: UInt64, equal: UInt64)
        case unequal(argument: UInt32, UInt64)
        case greater(argument: UInt32, UInt64)
    }

    var name: String
    var condition = Condition.always
    /// What the program is answered.
    var answer = EPERM

    static func each(_ names: String...) -> [RefusedCall] {
        names.map { RefusedCall(name: $0) }
    }
}

extension RefusedCall {
    /// The ways in which a connection arrives. Through io_uring every one of them could be had past the filter.
    static let incoming = each(
        "listen", "accept", "accept4", "io_uring_setup", "io_uring_enter", "io_uring_register")

    /// Reaching into other processes of this user: their memory, their descriptors, their limits.
    static let others =
        each("ptrace", "process_vm_writev", "process_madvise", "process_mrelease", "pidfd_getfd", "kcmp")
        + [RefusedCall(name: "prlimit64", condition: .unequal(argument: 0, 0))]
        + [tiocsti, tioclinux].map {
            RefusedCall(name: "ioctl", condition: .bits(argument: 1, mask: lowWord, equal: $0))
        }

    /// Reading the memory of others: Landlock leaves a program its own children, which Swift's backtraces need.
    static let othersMemory = each("process_vm_readv")

    /// Memory, semaphores and message queues that all processes of a user find by name, in no folder of anybody's; and
    /// by number, for which nobody has to ask: numbers are small and stand in /proc/sysvipc.
    static let sharedMemory = each(
        "shmget", "shmat", "shmctl", "semget", "semop", "semtimedop", "semctl", "msgget", "msgsnd", "msgrcv", "msgctl",
        "mq_open", "mq_unlink")

    /// New namespaces make an ordinary user an administrator of a small world and open the kernel's widest flank.
    static let namespaces =
        namespaceFlags.map {
            RefusedCall(name: "clone", condition: .bits(argument: 0, mask: $0, equal: $0))
        }
        + (namespaceFlags + [newTime]).map {
            RefusedCall(name: "unshare", condition: .bits(argument: 0, mask: $0, equal: $0))
        }
        // Its flags lie in memory, where a filter cannot look; told that there is no such call, libraries use clone.
        + [RefusedCall(name: "clone3", answer: ENOSYS)]
        + each("setns")

    /// Administration of the machine, which asks for privileges anyway, and kernel parts with a history.
    static let administration = each(
        "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount",
        "fspick",
        "mount_setattr", "swapon", "swapoff", "reboot", "kexec_load", "kexec_file_load", "init_module", "finit_module",
        "delete_module", "acct", "quotactl", "quotactl_fd", "settimeofday", "clock_settime", "sethostname",
        "setdomainname", "iopl", "ioperm", "modify_ldt", "vhangup", "nfsservctl", "lookup_dcookie", "fanotify_init",
        "open_by_handle_at", "bpf", "perf_event_open", "userfaultfd", "syslog", "add_key", "request_key", "keyctl")

    /// Sockets other than UNIX, IPv4, IPv6 and netlink (by which a program learns its own addresses).
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
    /// Mount, control group, host name, IPC, user, process and network namespaces.
    private static let namespaceFlags: [UInt64] = [
        0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
    ]
}
