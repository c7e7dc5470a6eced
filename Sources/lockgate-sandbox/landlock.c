#include "landlock.h"

#include "system.h"

#include <sys/stat.h>

// linux/landlock.h of the build machine may be older than the kernel it runs on.
struct ruleset_attributes {
    uint64_t handled_access_fs, handled_access_net, scoped;
};
struct path_rule {
    uint64_t allowed_access;
    int32_t parent_fd;
} __attribute__((packed));

enum {
    FS_WRITE_FILE = 1 << 1,
    FS_READ_FILE = 1 << 2,
    FS_CHANGE_FOLDER = 0x1ff << 4 & ~(1 << 6 | 1 << 11), // remove_dir .. make_sym without device nodes
    FS_MAKE_DEVICES = 1 << 6 | 1 << 11,
    FS_REFER = 1 << 13,    // ABI 2
    FS_TRUNCATE = 1 << 14, // ABI 3
    FS_IOCTL_DEV = 1 << 15, // ABI 5
    SCOPE_ABSTRACT_SOCKET = 1 << 0, // ABI 6
    SCOPE_SIGNAL = 1 << 1,
};

int landlock_abi(void) {
    int n = (int)SYS3(__NR_landlock_create_ruleset, NULL, 0, 1);
    return n < 0 ? 0 : n;
}

static int allow_opened(int ruleset, int fd, uint64_t access) {
    if (fd == -ENOENT) return 0;
    if (fd < 0) return fd;
    struct stat s;
    long n = SYS4(__NR_newfstatat, fd, "", &s, AT_EMPTY_PATH);
    if (n == 0) {
        if (!S_ISDIR(s.st_mode)) access &= FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV;
        struct path_rule rule = {.allowed_access = access, .parent_fd = fd};
        n = SYS4(__NR_landlock_add_rule, ruleset, 1, &rule, 0);
    }
    sys_close(fd);
    return (int)n;
}

static int allow(int ruleset, const char *path, uint64_t access) {
    return allow_opened(ruleset, sys_openat(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0), access);
}

// What was passed in for writing may also be opened again through /dev/stdout. Pipes and sockets are outside Landlock.
static int allow_standard(int ruleset, uint64_t access) {
    for (int fd = 0; fd < 3; fd++) {
        struct stat s;
        long flags = SYS3(__NR_fcntl, fd, F_GETFL, 0);
        if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY || SYS4(__NR_newfstatat, fd, "", &s, AT_EMPTY_PATH) < 0) continue;
        if (!S_ISREG(s.st_mode) && !S_ISCHR(s.st_mode)) continue;
        struct path_rule rule = {.allowed_access = access, .parent_fd = fd};
        long n = SYS4(__NR_landlock_add_rule, ruleset, 1, &rule, 0);
        if (n < 0 && n != -EBADFD) return (int)n;
    }
    return 0;
}

// What commands may do below writable folders, as far as this ABI knows of it.
static uint64_t change_rights(int abi) {
    return FS_WRITE_FILE | FS_CHANGE_FOLDER | FS_REFER | (abi >= 3 ? FS_TRUNCATE : 0);
}
static uint64_t device_rights(int abi) { return abi >= 5 ? FS_IOCTL_DEV : 0; }

// One domain a command. Not a domain of the session with a second one in it: where one handles files,
// any other refuses to move them between folders (FS_REFER), whether it handles files or not, and one that does handle
// them forbids mounts. So with the machine's network a command reaches its own abstract sockets alone; in an own
// network there are no others than the session's.
static uint64_t scopes(const struct policy *policy, int abi) {
    if (abi < LANDLOCK_SCOPES_SIGNALS) return 0;
    return SCOPE_SIGNAL | (policy->flags & FLAG_PRIVATE_NET ? 0 : SCOPE_ABSTRACT_SOCKET);
}

int landlock_rules(const struct policy *policy, int abi, int *rules, struct failure *f) {
    *rules = -1;
    if (abi < 2) return 0; // ABI 1 forbids every rename between folders, which git needs; the mounts hold alone then
    uint64_t change = change_rights(abi), device = device_rights(abi);
    struct ruleset_attributes attributes = {.handled_access_fs = change | FS_MAKE_DEVICES | device, .scoped = scopes(policy, abi)};
    // Kernels refuse a size beyond what they know only where it is not zero.
    int ruleset = (int)SYS3(__NR_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    if (ruleset < 0) return fail(f, STEP_LANDLOCK, ruleset, "create_ruleset");
    static const char *const always[] = {"/tmp", "/run", "/dev/mqueue", "/proc"}; // an outer /proc is read-only
    int n = 0;
    const char *culprit = "standard paths";
    for (size_t i = 0; n == 0 && i < (policy->flags & FLAG_OUTER_PROC ? 3 : 4); i++) n = allow(ruleset, always[i], change);
    if (n == 0) n = allow(ruleset, "/dev", change | device);
    for (size_t i = 0; n == 0 && i < policy->mount_count; i++) {
        const struct policy_mount *m = &policy->mounts[i];
        if (m->kind == MOUNT_WRITABLE || m->kind == MOUNT_OVERLAY || m->kind == MOUNT_COPY) n = allow(ruleset, culprit = m->path, change);
    }
    if (n < 0) {
        sys_close(ruleset);
        return fail(f, STEP_LANDLOCK, n, culprit);
    }
    *rules = ruleset;
    return 0;
}

// Nothing else hides or protects: what is not named can be neither read nor changed. Names, modes and the folders' lists
// stay in sight. Of the devices those without a way to other people: no terminal but the own, no disk.
int landlock_fence(const struct policy *policy, int abi, int *rules, struct failure *f) {
    *rules = -1;
    if (abi < LANDLOCK_SCOPES_SIGNALS) return fail(f, STEP_LANDLOCK, -EOPNOTSUPP, "signal scope");
    uint64_t change = change_rights(abi) | FS_READ_FILE;
    struct ruleset_attributes attributes = {
        .handled_access_fs = change | FS_MAKE_DEVICES | FS_IOCTL_DEV, .scoped = SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL,
    };
    int ruleset = (int)SYS3(__NR_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    if (ruleset < 0) return fail(f, STEP_LANDLOCK, ruleset, "create_ruleset");
    static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"};
    int n = 0;
    const char *culprit = "devices";
    for (size_t i = 0; n == 0 && i < sizeof devices / sizeof *devices; i++) n = allow(ruleset, devices[i], change | FS_IOCTL_DEV);
    for (size_t i = 0; n == 0 && i < policy->mount_count; i++) {
        const struct policy_mount *m = &policy->mounts[i];
        int fd = sys_openat2(AT_FDCWD, culprit = m->path, O_PATH | O_CLOEXEC | O_NOFOLLOW, LG_RESOLVE_NO_SYMLINKS);
        n = allow_opened(ruleset, fd, m->kind == MOUNT_WRITABLE ? change : FS_READ_FILE);
        // Out of the command's reach too, or no longer what was planned: nothing is granted there.
        if (m->kind == MOUNT_READABLE && (n == -EACCES || n == -ELOOP || n == -ENOTDIR)) n = 0;
    }
    if (n < 0) {
        sys_close(ruleset);
        return fail(f, STEP_LANDLOCK, n, culprit);
    }
    *rules = ruleset;
    return 0;
}

int landlock_confine(int rules, int abi, struct failure *f) {
    if (rules < 0) return 0;
    int n = allow_standard(rules, (change_rights(abi) | device_rights(abi)) & (FS_WRITE_FILE | FS_TRUNCATE | FS_IOCTL_DEV));
    if (n == 0) n = (int)SYS2(__NR_landlock_restrict_self, rules, 0);
    sys_close(rules);
    return n < 0 ? fail(f, STEP_LANDLOCK, n, "restrict_self") : 0;
}
