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

#define FILTER_SIZE 256
struct program {
    struct sock_filter at[FILTER_SIZE];
    unsigned short count;
};

static void emit(struct program *p, uint16_t code, uint32_t k, uint8_t yes, uint8_t no) {
    if (p->count < FILTER_SIZE) p->at[p->count] = (struct sock_filter){.code = code, .jt = yes, .jf = no, .k = k};
    p->count++; // one too many is refused in the end
}
static void load(struct program *p, size_t offset) { emit(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0); }
static void give(struct program *p, uint32_t verdict) { emit(p, BPF_RET | BPF_K, verdict, 0, 0); }
static void refuse(struct program *p, int error) { give(p, SECCOMP_RET_ERRNO | (uint32_t)error); }
// Skips the next `count` instructions unless the loaded word equals `k`.
static void unless_equal_skip(struct program *p, uint32_t k, uint8_t count) { emit(p, BPF_JMP | BPF_JEQ | BPF_K, k, 0, count); }

// Arguments are compared on their low halves: the kernel itself takes these as 32-bit values, so a caller gains nothing
// by setting the upper half (CVE-2019-10063 came from comparing all 64 bits).
#define ARGUMENT(n) (offsetof(struct seccomp_data, args) + 8 * (n))

static void refuse_call(struct program *p, long call, int error) {
    unless_equal_skip(p, (uint32_t)call, 1);
    refuse(p, error);
}

// Refuses `call` when argument `n` has any of `bits`.
static void refuse_bits(struct program *p, long call, unsigned n, uint32_t bits, int error) {
    unless_equal_skip(p, (uint32_t)call, 4);
    load(p, ARGUMENT(n));
    emit(p, BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
    refuse(p, error);
    give(p, SECCOMP_RET_ALLOW);
}

// socket and socketpair: local, internet and route sockets only; with the fence local ones alone. A local datagram socket
// can name its receiver in every sendmsg, which no filter sees, so there are none (type RAW becomes DGRAM for local ones).
static void check_socket(struct program *p, long call, bool fenced) {
    struct program body = {.count = 0};
    load(&body, ARGUMENT(0));
    if (!fenced) {
        unless_equal_skip(&body, AF_INET, 1);
        give(&body, SECCOMP_RET_ALLOW);
        unless_equal_skip(&body, AF_INET6, 1);
        give(&body, SECCOMP_RET_ALLOW);
        unless_equal_skip(&body, AF_NETLINK, 7);
        load(&body, ARGUMENT(2));
        unless_equal_skip(&body, 0 /* NETLINK_ROUTE */, 1);
        give(&body, SECCOMP_RET_ALLOW);
        unless_equal_skip(&body, 4 /* NETLINK_SOCK_DIAG */, 1);
        give(&body, SECCOMP_RET_ALLOW);
        unless_equal_skip(&body, 15 /* NETLINK_KOBJECT_UEVENT */, 1);
        give(&body, SECCOMP_RET_ALLOW);
        load(&body, ARGUMENT(0));
    }
    unless_equal_skip(&body, AF_UNIX, 6);
    load(&body, ARGUMENT(1));
    emit(&body, BPF_ALU | BPF_AND | BPF_K, 0xf, 0, 0);
    unless_equal_skip(&body, SOCK_STREAM, 1);
    give(&body, SECCOMP_RET_ALLOW);
    unless_equal_skip(&body, SOCK_SEQPACKET, 1);
    give(&body, SECCOMP_RET_ALLOW);
    refuse(&body, fenced ? EACCES : EAFNOSUPPORT);
    unless_equal_skip(p, (uint32_t)call, (uint8_t)body.count);
    for (unsigned i = 0; i < body.count; i++) emit(p, body.at[i].code, body.at[i].k, body.at[i].jt, body.at[i].jf);
}

// What namespaces and a read-only root would keep away. Landlock does not know of modes, owners and times.
static void check_fenced(struct program *p, bool keeps_modes) {
    static const long shared[] = {
        __NR_shmget, __NR_shmat, __NR_shmctl, __NR_msgget, __NR_msgsnd, __NR_msgrcv, __NR_msgctl, __NR_semget, __NR_semop,
        __NR_semtimedop, __NR_semctl, __NR_mq_open, __NR_mq_unlink,
    };
    static const long owners[] = {
        __NR_fchown, __NR_fchownat, __NR_setxattr, __NR_lsetxattr, __NR_fsetxattr, __NR_removexattr, __NR_lremovexattr,
        __NR_fremovexattr, NR_SETXATTRAT, NR_REMOVEXATTRAT, NR_FILE_SETATTR,
#if defined(__x86_64__)
        __NR_chown, __NR_lchown,
#endif
    };
    static const long modes[] = {
        __NR_fchmod, __NR_fchmodat, NR_FCHMODAT2, __NR_utimensat,
#if defined(__x86_64__)
        __NR_chmod, __NR_utime, __NR_utimes, __NR_futimesat,
#endif
    };
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++) refuse_call(p, shared[i], ENOSYS);
    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) refuse_call(p, owners[i], EPERM);
    for (size_t i = 0; keeps_modes && i < sizeof modes / sizeof *modes; i++) refuse_call(p, modes[i], EPERM);
    refuse_call(p, __NR_connect, EACCES);
    // Another process of the same user could be starved of CPU time or files.
    refuse_bits(p, __NR_prlimit64, 0, ~0u, EPERM);
}

static void build(struct program *p, enum filter_kind kind) {
    bool fenced = kind != FILTER_MEDIATED;
    load(p, offsetof(struct seccomp_data, arch));
    unless_equal_skip(p, NATIVE_ARCH, 1);
    emit(p, BPF_JMP | BPF_JA, 1, 0, 0);
    refuse(p, ENOSYS); // 32-bit programs have other numbers: none of their calls pass
    load(p, offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
    emit(p, BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, 0, 1); // x32
    refuse(p, ENOSYS);
#endif
    // Its flags lie in memory. Every C library falls back to clone.
    refuse_call(p, __NR_clone3, ENOSYS);
    static const long absent[] = {__NR_io_uring_setup, __NR_io_uring_enter, __NR_io_uring_register};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) refuse_call(p, absent[i], ENOSYS);
    static const long refused[] = {
        // kernel keyrings are not namespaced by user
        __NR_add_key, __NR_request_key, __NR_keyctl,
        // large attack surface, no use in a build
        __NR_bpf, __NR_perf_event_open, __NR_userfaultfd, __NR_open_by_handle_at, __NR_lookup_dcookie, __NR_vhangup,
        // the mount family and namespaces
        __NR_mount, __NR_umount2, __NR_pivot_root, __NR_chroot, __NR_setns, __NR_fsopen, __NR_fsconfig, __NR_fsmount, __NR_fspick,
        __NR_move_mount, __NR_open_tree, NR_OPEN_TREE_ATTR, NR_MOUNT_SETATTR, __NR_quotactl, NR_QUOTACTL_FD,
        // the machine
        __NR_swapon, __NR_swapoff, __NR_reboot, __NR_kexec_load, __NR_kexec_file_load, __NR_init_module, __NR_finit_module,
        __NR_delete_module, __NR_acct, __NR_syslog, __NR_settimeofday, __NR_clock_settime, __NR_nfsservctl,
#if defined(__x86_64__)
        __NR_iopl, __NR_ioperm, __NR_uselib, __NR_ustat, __NR_sysfs, __NR__sysctl,
#endif
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) refuse_call(p, refused[i], EPERM);
    if (fenced) check_fenced(p, kind == FILTER_FENCED_KEEPS_MODES);
    unless_equal_skip(p, __NR_connect, 1);
    give(p, SECCOMP_RET_USER_NOTIF);
    check_socket(p, __NR_socket, fenced);
    check_socket(p, __NR_socketpair, fenced);
    refuse_bits(p, __NR_clone, 0, CLONE_NEWUSER, EPERM);
    refuse_bits(p, __NR_unshare, 0, CLONE_NEWUSER, EPERM);
    // A second listener would be asked before ours.
    refuse_bits(p, __NR_seccomp, 1, LG_SECCOMP_NEW_LISTENER, EPERM);
    // Input injection, console selection, line disciplines.
    unless_equal_skip(p, __NR_ioctl, 8);
    load(p, ARGUMENT(1));
    unless_equal_skip(p, 0x5412 /* TIOCSTI */, 1);
    refuse(p, EPERM);
    unless_equal_skip(p, 0x541C /* TIOCLINUX */, 1);
    refuse(p, EPERM);
    unless_equal_skip(p, 0x5423 /* TIOCSETD */, 1);
    refuse(p, EPERM);
    give(p, SECCOMP_RET_ALLOW);
    give(p, SECCOMP_RET_ALLOW);
}

int filter_install(enum filter_kind kind) {
    struct program p = {.count = 0};
    bool mediate = kind == FILTER_MEDIATED;
    build(&p, kind);
    if (p.count > FILTER_SIZE) return -E2BIG;
    struct sock_fprog f = {.len = p.count, .filter = p.at};
    unsigned long flags = mediate ? LG_SECCOMP_NEW_LISTENER | LG_SECCOMP_WAIT_KILLABLE : 0;
    int n = (int)SYS3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &f);
    // Kernels before 5.19 cannot defer signals; an interrupted connect is then simply asked again.
    if (n == -EINVAL && mediate) n = (int)SYS3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, LG_SECCOMP_NEW_LISTENER, &f);
    return n;
}
