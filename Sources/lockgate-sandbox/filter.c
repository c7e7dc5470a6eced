#include "system.h"

#include "filter.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/socket.h>

// Additions of the kernel after the oldest supported headers; the numbers are the same on every architecture.
enum {
    NR_OPEN_TREE_ATTR = 467,
    NR_MOUNT_SETATTR = 442,
    NR_QUOTACTL_FD = 443,
    NR_FCHMODAT2 = 452,
    NR_SETXATTRAT = 463,
    NR_REMOVEXATTRAT = 466,
    NR_FILE_SETATTR = 469,
};
#define LG_SECCOMP_WAIT_KILLABLE (1ul << 5)
#define LG_SECCOMP_NEW_LISTENER (1ul << 3)

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#else
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#endif

// What becomes of a call: one of these pieces, to which a search among the numbers of calls leads. The kernel tries all
// numbers when a filter is installed, and every call whose arguments matter goes this way each time: a search takes seven
// comparisons where a list would take a hundred.
enum verdict {
    ALLOWED,
    REFUSED,         // EPERM
    UNREACHABLE,     // EACCES
    ABSENT,          // ENOSYS
    MEDIATED,        // asks whoever holds the listener
    CHECKED_SOCKET,
    CHECKED_CLONE,   // and unshare: the flags come first
    CHECKED_SECCOMP,
    CHECKED_IOCTL,
    CHECKED_LIMIT,
    VERDICTS,
    NEXT = VERDICTS, // in a jump: the following instruction
};

// Jumps are 8 bits wide, and all go forwards: with no more instructions than this each reaches its aim.
#define FILTER_SIZE 256
#define MAX_CALLS 128
struct program {
    struct sock_filter at[FILTER_SIZE];
    uint8_t yes[FILTER_SIZE], no[FILTER_SIZE]; // enum verdict to jump to, put in when it is known where that begins
    unsigned count;
    struct { uint32_t number; uint8_t verdict; } calls[MAX_CALLS];
    unsigned call_count;
};

static void emit(struct program *p, uint16_t code, uint32_t k, uint8_t yes, uint8_t no) {
    if (p->count < FILTER_SIZE) {
        p->at[p->count] = (struct sock_filter){.code = code, .jt = yes, .jf = no, .k = k};
        p->yes[p->count] = p->no[p->count] = NEXT;
    }
    p->count++; // one too many is refused in the end
}
static void load(struct program *p, size_t offset) { emit(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0); }
static void give(struct program *p, uint32_t verdict) { emit(p, BPF_RET | BPF_K, verdict, 0, 0); }
static void refuse(struct program *p, int error) { give(p, SECCOMP_RET_ERRNO | (uint32_t)error); }
// Skips the next `count` instructions unless the loaded word equals `k`.
static void unless_equal_skip(struct program *p, uint32_t k, uint8_t count) { emit(p, BPF_JMP | BPF_JEQ | BPF_K, k, 0, count); }
static void compare(struct program *p, uint16_t how, uint32_t k, enum verdict yes, enum verdict no) {
    unsigned at = p->count;
    emit(p, BPF_JMP | how | BPF_K, k, 0, 0);
    if (at < FILTER_SIZE) p->yes[at] = (uint8_t)yes, p->no[at] = (uint8_t)no;
}

// Arguments are compared on their low halves: the kernel itself takes these as 32-bit values, so a caller gains nothing
// by setting the upper half (CVE-2019-10063 came from comparing all 64 bits).
#define ARGUMENT(n) (offsetof(struct seccomp_data, args) + 8 * (n))

static void add(struct program *p, enum verdict verdict, const long *calls, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (p->call_count < MAX_CALLS) {
            unsigned at = p->call_count;
            for (; at > 0 && p->calls[at - 1].number > (uint32_t)calls[i]; at--) p->calls[at] = p->calls[at - 1];
            p->calls[at].number = (uint32_t)calls[i], p->calls[at].verdict = (uint8_t)verdict;
        }
        p->call_count++; // as above
    }
}
#define ADD(p, verdict, ...) do { \
    static const long listed[] = {__VA_ARGS__}; \
    add((p), (verdict), listed, sizeof listed / sizeof *listed); \
} while (0)

// Leads the loaded number to its verdict, among the calls from `first` to before `end`.
static void search(struct program *p, unsigned first, unsigned end) {
    if (end - first > 2) {
        unsigned middle = first + (end - first) / 2, at = p->count;
        emit(p, BPF_JMP | BPF_JGE | BPF_K, p->calls[middle].number, 0, 0);
        search(p, first, middle);
        if (at < FILTER_SIZE) p->at[at].jt = (uint8_t)(p->count - at - 1);
        return search(p, middle, end);
    }
    for (unsigned i = first; i < end; i++) compare(p, BPF_JEQ, p->calls[i].number, p->calls[i].verdict, i + 1 < end ? NEXT : ALLOWED);
}

// Refuses when argument `n` has any of `bits`.
static void check_bits(struct program *p, unsigned n, uint32_t bits) {
    load(p, ARGUMENT(n));
    compare(p, BPF_JSET, bits, NEXT, ALLOWED);
    refuse(p, EPERM);
}

// socket and socketpair: local, internet and route sockets only; with the fence local ones alone. A local datagram socket
// can name its receiver in every sendmsg, which no filter sees, so there are none (type RAW becomes DGRAM for local ones).
static void check_socket(struct program *p, bool fenced) {
    load(p, ARGUMENT(0));
    if (!fenced) {
        compare(p, BPF_JEQ, AF_INET, ALLOWED, NEXT);
        compare(p, BPF_JEQ, AF_INET6, ALLOWED, NEXT);
        unless_equal_skip(p, AF_NETLINK, 5);
        load(p, ARGUMENT(2));
        compare(p, BPF_JEQ, 0 /* NETLINK_ROUTE */, ALLOWED, NEXT);
        compare(p, BPF_JEQ, 4 /* NETLINK_SOCK_DIAG */, ALLOWED, NEXT);
        compare(p, BPF_JEQ, 15 /* NETLINK_KOBJECT_UEVENT */, ALLOWED, NEXT);
        refuse(p, EAFNOSUPPORT);
    }
    unless_equal_skip(p, AF_UNIX, 4);
    load(p, ARGUMENT(1));
    emit(p, BPF_ALU | BPF_AND | BPF_K, 0xf, 0, 0);
    compare(p, BPF_JEQ, SOCK_STREAM, ALLOWED, NEXT);
    compare(p, BPF_JEQ, SOCK_SEQPACKET, ALLOWED, NEXT);
    refuse(p, fenced ? EACCES : EAFNOSUPPORT);
}

// What namespaces and a read-only root would keep away. Landlock does not know of modes, owners and times.
static void add_fenced(struct program *p, bool keeps_modes) {
    ADD(p, ABSENT, __NR_shmget, __NR_shmat, __NR_shmctl, __NR_msgget, __NR_msgsnd, __NR_msgrcv, __NR_msgctl, __NR_semget, __NR_semop,
        __NR_semtimedop, __NR_semctl, __NR_mq_open, __NR_mq_unlink);
    ADD(p, REFUSED, __NR_fchown, __NR_fchownat, __NR_setxattr, __NR_lsetxattr, __NR_fsetxattr, __NR_removexattr, __NR_lremovexattr,
        __NR_fremovexattr, NR_SETXATTRAT, NR_REMOVEXATTRAT, NR_FILE_SETATTR);
#if defined(__x86_64__)
    ADD(p, REFUSED, __NR_chown, __NR_lchown);
#endif
    // Another process of the same user could be starved of CPU time or files.
    ADD(p, CHECKED_LIMIT, __NR_prlimit64);
    if (!keeps_modes) return;
    ADD(p, REFUSED, __NR_fchmod, __NR_fchmodat, NR_FCHMODAT2, __NR_utimensat);
#if defined(__x86_64__)
    ADD(p, REFUSED, __NR_chmod, __NR_utime, __NR_utimes, __NR_futimesat);
#endif
}

static void add_calls(struct program *p, enum filter_kind kind) {
    bool fenced = kind != FILTER_MEDIATED;
    // The flags of clone3 lie in memory. Every C library falls back to clone.
    ADD(p, ABSENT, __NR_clone3, __NR_io_uring_setup, __NR_io_uring_enter, __NR_io_uring_register);
    ADD(p, REFUSED,
        // kernel keyrings are not namespaced by user
        __NR_add_key, __NR_request_key, __NR_keyctl,
        // large attack surface, no use in a build
        __NR_bpf, __NR_perf_event_open, __NR_userfaultfd, __NR_open_by_handle_at, __NR_lookup_dcookie, __NR_vhangup,
        // the mount family and namespaces
        __NR_mount, __NR_umount2, __NR_pivot_root, __NR_chroot, __NR_setns, __NR_fsopen, __NR_fsconfig, __NR_fsmount, __NR_fspick,
        __NR_move_mount, __NR_open_tree, NR_OPEN_TREE_ATTR, NR_MOUNT_SETATTR, __NR_quotactl, NR_QUOTACTL_FD,
        // the machine
        __NR_swapon, __NR_swapoff, __NR_reboot, __NR_kexec_load, __NR_kexec_file_load, __NR_init_module, __NR_finit_module,
        __NR_delete_module, __NR_acct, __NR_syslog, __NR_settimeofday, __NR_clock_settime, __NR_nfsservctl);
#if defined(__x86_64__)
    ADD(p, REFUSED, __NR_iopl, __NR_ioperm, __NR_uselib, __NR_ustat, __NR_sysfs, __NR__sysctl);
#endif
    if (fenced) add_fenced(p, kind == FILTER_FENCED_KEEPS_MODES);
    if (fenced) ADD(p, UNREACHABLE, __NR_connect);
    else ADD(p, MEDIATED, __NR_connect);
    ADD(p, CHECKED_SOCKET, __NR_socket, __NR_socketpair);
    ADD(p, CHECKED_CLONE, __NR_clone, __NR_unshare);
    ADD(p, CHECKED_SECCOMP, __NR_seccomp);
    ADD(p, CHECKED_IOCTL, __NR_ioctl);
}

static void put_verdict(struct program *p, enum verdict verdict, bool fenced) {
    switch (verdict) {
    case REFUSED: return refuse(p, EPERM);
    case UNREACHABLE: return refuse(p, EACCES);
    case ABSENT: return refuse(p, ENOSYS);
    case MEDIATED: return give(p, SECCOMP_RET_USER_NOTIF);
    case CHECKED_SOCKET: return check_socket(p, fenced);
    case CHECKED_CLONE: return check_bits(p, 0, CLONE_NEWUSER);
    // A second listener would be asked before ours.
    case CHECKED_SECCOMP: return check_bits(p, 1, LG_SECCOMP_NEW_LISTENER);
    case CHECKED_LIMIT: return check_bits(p, 0, ~0u);
    case CHECKED_IOCTL:
        // Input injection, console selection, line disciplines.
        load(p, ARGUMENT(1));
        compare(p, BPF_JEQ, 0x5412 /* TIOCSTI */, REFUSED, NEXT);
        compare(p, BPF_JEQ, 0x541C /* TIOCLINUX */, REFUSED, NEXT);
        compare(p, BPF_JEQ, 0x5423 /* TIOCSETD */, REFUSED, ALLOWED);
        return;
    case ALLOWED: case VERDICTS: break;
    }
    give(p, SECCOMP_RET_ALLOW);
}

static bool build(struct program *p, enum filter_kind kind) {
    // What others jump to comes after them.
    static const uint8_t order[] = {CHECKED_SOCKET, CHECKED_CLONE, CHECKED_SECCOMP, CHECKED_IOCTL, CHECKED_LIMIT, MEDIATED, UNREACHABLE, ABSENT, REFUSED, ALLOWED};
    unsigned begins[VERDICTS];
    p->count = p->call_count = 0;
    load(p, offsetof(struct seccomp_data, arch));
    compare(p, BPF_JEQ, NATIVE_ARCH, NEXT, ABSENT); // 32-bit programs have other numbers: none of their calls pass
    load(p, offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
    compare(p, BPF_JGE, 0x40000000u, ABSENT, NEXT); // x32
#endif
    add_calls(p, kind);
    if (p->call_count > MAX_CALLS) return false;
    search(p, 0, p->call_count);
    for (size_t i = 0; i < sizeof order; i++) begins[order[i]] = p->count, put_verdict(p, order[i], kind != FILTER_MEDIATED);
    if (p->count > FILTER_SIZE) return false;
    for (unsigned i = 0; i < p->count; i++) {
        if (p->yes[i] != NEXT) p->at[i].jt = (uint8_t)(begins[p->yes[i]] - i - 1);
        if (p->no[i] != NEXT) p->at[i].jf = (uint8_t)(begins[p->no[i]] - i - 1);
    }
    return true;
}

int filter_install(enum filter_kind kind) {
    struct program p;
    bool mediate = kind == FILTER_MEDIATED;
    if (!build(&p, kind)) return -E2BIG;
    struct sock_fprog f = {.len = (unsigned short)p.count, .filter = p.at};
    unsigned long flags = mediate ? LG_SECCOMP_NEW_LISTENER | LG_SECCOMP_WAIT_KILLABLE : 0;
    int n = (int)SYS3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &f);
    // Kernels before 5.19 cannot defer signals; an interrupted connect is then simply asked again.
    if (n == -EINVAL && mediate) n = (int)SYS3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, LG_SECCOMP_NEW_LISTENER, &f);
    return n;
}
