// Kernel interfaces called directly: every wrapper returns the result or -errno and touches no libc state, so that
// threads sharing memory (connect.c) and children between clone and exec (command.c) may use all of them.
#ifndef LOCKGATE_SYSTEM_H
#define LOCKGATE_SYSTEM_H

#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
static inline long sys6(long n, long a, long b, long c, long d, long e, long f) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall" : "=a"(result) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
static inline long sys6(long n, long a, long b, long c, long d, long e, long f) {
    register long x8 __asm__("x8") = n;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}
#else
#error "lockgate-sandbox knows the system calls of x86_64 and aarch64"
#endif

#define SYS0(n) sys6((n), 0, 0, 0, 0, 0, 0)
#define SYS1(n, a) sys6((n), (long)(a), 0, 0, 0, 0, 0)
#define SYS2(n, a, b) sys6((n), (long)(a), (long)(b), 0, 0, 0, 0)
#define SYS3(n, a, b, c) sys6((n), (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define SYS4(n, a, b, c, d) sys6((n), (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define SYS5(n, a, b, c, d, e) sys6((n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define SYS6(n, a, b, c, d, e, f) sys6((n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

// Numbers and structures newer than the headers of the oldest supported build machine.
#ifndef __NR_mount_setattr
#define __NR_mount_setattr 442
#endif
#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#define __NR_landlock_add_rule 445
#define __NR_landlock_restrict_self 446
#endif

struct lg_mount_attr {
    uint64_t attr_set, attr_clr, propagation, userns_fd;
};
struct lg_open_how {
    uint64_t flags, mode, resolve;
};

#define LG_MOUNT_ATTR_RDONLY 0x1
#define LG_MOUNT_ATTR_NOSUID 0x2
#define LG_MOUNT_ATTR_NODEV 0x4
#define LG_MOUNT_ATTR_NOEXEC 0x8
#define LG_OPEN_TREE_CLONE 1
#define LG_AT_RECURSIVE 0x8000
#define LG_MOVE_MOUNT_F_EMPTY_PATH 0x4
#define LG_MOVE_MOUNT_T_EMPTY_PATH 0x40
#define LG_STATX_ATTR_MOUNT_ROOT 0x2000
#define LG_FSOPEN_CLOEXEC 1
#define LG_FSCONFIG_SET_FLAG 0
#define LG_FSCONFIG_SET_STRING 1
#define LG_FSCONFIG_CREATE 6
#define LG_FSMOUNT_CLOEXEC 1
#define LG_RESOLVE_NO_MAGICLINKS 0x02
#define LG_RESOLVE_NO_SYMLINKS 0x04

static inline int sys_openat(int dir, const char *path, int flags, int mode) {
    return (int)SYS4(__NR_openat, dir, path, flags, mode);
}
static inline int sys_close(int fd) { return (int)SYS1(__NR_close, fd); }
static inline int sys_openat2(int dir, const char *path, int flags, uint64_t resolve) {
    struct lg_open_how how = {.flags = (uint64_t)flags, .mode = 0, .resolve = resolve};
    return (int)SYS4(__NR_openat2, dir, path, &how, sizeof how);
}
static inline int sys_mount_setattr(int dir, const char *path, unsigned flags, uint64_t set, uint64_t propagation) {
    struct lg_mount_attr attr = {.attr_set = set, .propagation = propagation};
    return (int)SYS5(__NR_mount_setattr, dir, path, flags, &attr, sizeof attr);
}
static inline int sys_open_tree(int dir, const char *path, unsigned flags) {
    return (int)SYS3(__NR_open_tree, dir, path, flags);
}
static inline int sys_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags) {
    return (int)SYS5(__NR_move_mount, from, from_path, to, to_path, flags);
}
static inline int sys_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data) {
    return (int)SYS5(__NR_mount, source, target, type, flags, data);
}
static inline int sys_fsconfig(int context, unsigned command, const char *key, const char *value) {
    return (int)SYS5(__NR_fsconfig, context, command, key, value, 0);
}
static inline int sys_mkdirat(int dir, const char *path, int mode) { return (int)SYS3(__NR_mkdirat, dir, path, mode); }
static inline int sys_write_file(const char *path, const char *text, size_t length) {
    int fd = sys_openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
    if (fd < 0) return fd;
    long n = SYS3(__NR_write, fd, text, length);
    sys_close(fd);
    return n < 0 ? (int)n : n == (long)length ? 0 : -EIO;
}

#endif
