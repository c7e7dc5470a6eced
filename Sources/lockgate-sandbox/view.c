#include "view.h"

#include "system.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>

// One tmpfs carries every private folder; it is attached at /tmp first and its `tmp` folder covers it at the end,
// so that no path leads to the others but their own mounts.
#define SCRATCH "/tmp"
#define NO_DEVICES (LG_MOUNT_ATTR_NOSUID | LG_MOUNT_ATTR_NODEV)

int view_map_identity(unsigned uid, unsigned gid, struct failure *f) {
    char line[64];
    int n = sys_write_file("/proc/self/setgroups", "deny", 4);
    if (n < 0 && n != -ENOENT) return fail(f, STEP_IDENTITY, n, "/proc/self/setgroups");
    int length = snprintf(line, sizeof line, "%u %u 1", uid, uid);
    n = sys_write_file("/proc/self/uid_map", line, (size_t)length);
    if (n < 0) return fail(f, STEP_IDENTITY, n, "/proc/self/uid_map");
    length = snprintf(line, sizeof line, "%u %u 1", gid, gid);
    n = sys_write_file("/proc/self/gid_map", line, (size_t)length);
    return n < 0 ? fail(f, STEP_IDENTITY, n, "/proc/self/gid_map") : 0;
}

// A path handle without following any symbolic link: what the agent planned is what gets mounted, or nothing.
static int open_exact(const char *path) {
    return sys_openat2(AT_FDCWD, path, O_PATH | O_CLOEXEC | O_NOFOLLOW, LG_RESOLVE_NO_SYMLINKS);
}

static int clone_tree(int handle) {
    return sys_open_tree(handle, "", AT_EMPTY_PATH | LG_OPEN_TREE_CLONE | LG_AT_RECURSIVE | O_CLOEXEC);
}

static int attach(int tree, int target) {
    return sys_move_mount(tree, "", target, "", LG_MOVE_MOUNT_F_EMPTY_PATH | LG_MOVE_MOUNT_T_EMPTY_PATH);
}

static bool is_under(const char *path, const char *folder) {
    size_t n = strlen(folder);
    return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static bool is_private(const char *path) {
    return is_under(path, "/tmp") || is_under(path, "/run") || is_under(path, "/dev");
}

static bool is_folder(int handle) {
    struct stat s;
    return SYS4(__NR_newfstatat, handle, "", &s, AT_EMPTY_PATH) == 0 && S_ISDIR(s.st_mode);
}

// A folder on the way to a layer, as the kernel takes it whatever characters are in its path.
static int set_layer(int context, const char *key, int parent, const char *name) {
    char text[32];
    int handle = sys_openat2(parent, name, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW, LG_RESOLVE_NO_SYMLINKS);
    if (handle < 0) return handle;
    snprintf(text, sizeof text, "/proc/self/fd/%d", handle);
    int n = sys_fsconfig(context, LG_FSCONFIG_SET_STRING, key, text);
    // Before 6.5 the kernel looks the path up only when it makes the file system: the handle stays until then.
    if (n < 0) sys_close(handle);
    return n < 0 ? n : handle;
}

// The merged tree of a stage as a detached mount. Nothing below it can change what lies at `path` on the host.
static int make_overlay(const struct policy_mount *m) {
    int handles[3] = {-1, -1, -1}, tree = -1;
    int stage = open_exact(m->target);
    if (stage < 0) return stage;
    int context = (int)SYS2(__NR_fsopen, "overlay", LG_FSOPEN_CLOEXEC), n = context;
    if (n >= 0) n = handles[0] = set_layer(context, "lowerdir", AT_FDCWD, m->path);
    if (n >= 0) n = handles[1] = set_layer(context, "upperdir", stage, "upper");
    if (n >= 0) n = handles[2] = set_layer(context, "workdir", stage, "work");
    if (n >= 0) n = sys_fsconfig(context, LG_FSCONFIG_SET_FLAG, "userxattr", NULL);
    if (n >= 0) n = sys_fsconfig(context, LG_FSCONFIG_SET_STRING, "index", "off");
    if (n >= 0) n = sys_fsconfig(context, LG_FSCONFIG_CREATE, NULL, NULL);
    if (n >= 0) n = tree = (int)SYS3(__NR_fsmount, context, LG_FSMOUNT_CLOEXEC, NO_DEVICES);
    for (int i = 0; i < 3; i++)
        if (handles[i] >= 0) sys_close(handles[i]);
    if (context >= 0) sys_close(context);
    sys_close(stage);
    return n < 0 ? n : tree;
}

static int make_stages(struct policy *policy, struct failure *f) {
    for (size_t i = 0; i < policy->mount_count; i++) {
        struct policy_mount *m = &policy->mounts[i];
        if (m->kind == MOUNT_OVERLAY) {
            m->tree = make_overlay(m);
        } else if (m->kind == MOUNT_COPY) {
            int handle = open_exact(m->target);
            m->tree = handle < 0 ? handle : clone_tree(handle);
            if (handle >= 0) sys_close(handle);
            int n = m->tree < 0 ? 0 : sys_mount_setattr(m->tree, "", AT_EMPTY_PATH | LG_AT_RECURSIVE, NO_DEVICES, 0);
            if (n < 0) m->tree = n;
        } else {
            continue;
        }
        if (m->tree < 0) return fail(f, STEP_STAGE, m->tree, m->path);
    }
    return 0;
}

// Whether the host's tree says nothing about what is there in this view.
static bool is_staged(const struct policy *policy, const char *path) {
    for (size_t i = 0; i < policy->mount_count; i++) {
        const struct policy_mount *m = &policy->mounts[i];
        if ((m->kind == MOUNT_OVERLAY || m->kind == MOUNT_COPY) && is_under(path, m->path)) return true;
    }
    return false;
}

// Clones of everything that must survive the private folders and the read-only root, taken while the tree is the host's.
static int take_clones(struct policy *policy, struct failure *f) {
    for (size_t i = 0; i < policy->mount_count; i++) {
        struct policy_mount *m = &policy->mounts[i];
        if (m->kind != MOUNT_WRITABLE && m->kind != MOUNT_VISIBLE && m->kind != MOUNT_DEVICE) continue;
        int handle = open_exact(m->path);
        if (handle < 0) return fail(f, STEP_WRITABLE_ROOT, handle, m->path);
        m->tree = clone_tree(handle);
        sys_close(handle);
        if (m->tree < 0) return fail(f, STEP_WRITABLE_ROOT, m->tree, m->path);
        uint64_t set = m->kind == MOUNT_DEVICE ? LG_MOUNT_ATTR_NOSUID
                       : m->kind == MOUNT_WRITABLE ? NO_DEVICES : NO_DEVICES | LG_MOUNT_ATTR_RDONLY;
        int n = sys_mount_setattr(m->tree, "", AT_EMPTY_PATH | LG_AT_RECURSIVE, set, 0);
        if (n < 0) return fail(f, STEP_WRITABLE_ROOT, n, m->path);
    }
    return 0;
}

static int make_private_folders(const struct policy *policy, struct failure *f) {
    char options[96];
    snprintf(options, sizeof options, "mode=0755,size=%llu,nr_inodes=1m",
             (unsigned long long)(policy->temporary_bytes ? policy->temporary_bytes : (uint64_t)4 << 30));
    int n = sys_mount("tmpfs", SCRATCH, "tmpfs", MS_NOSUID | MS_NODEV, options);
    if (n < 0) return fail(f, STEP_PRIVATE_FOLDERS, n, SCRATCH);
    static const struct { const char *name; int mode; } folders[] = {
        {"tmp", 01777}, {"run", 0755}, {"run/lock", 01777}, {"dev", 0755}, {"shm", 01777}, {"empty", 0555},
    };
    int scratch = sys_openat(AT_FDCWD, SCRATCH, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (scratch < 0) return fail(f, STEP_PRIVATE_FOLDERS, scratch, SCRATCH);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        n = sys_mkdirat(scratch, folders[i].name, folders[i].mode);
        if (n == 0) n = (int)SYS3(__NR_fchmodat, scratch, folders[i].name, folders[i].mode);
        if (n < 0) return fail(f, STEP_PRIVATE_FOLDERS, n, folders[i].name);
    }
    n = sys_openat(scratch, "void", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0444);
    sys_close(scratch);
    if (n < 0) return fail(f, STEP_PRIVATE_FOLDERS, n, SCRATCH);
    sys_close(n);
    return 0;
}

static int bind_scratch(const char *folder, const char *target, uint64_t attributes) {
    int tree = sys_open_tree(AT_FDCWD, folder, LG_OPEN_TREE_CLONE | O_CLOEXEC);
    if (tree < 0) return tree;
    int n = attributes ? sys_mount_setattr(tree, "", AT_EMPTY_PATH, attributes, 0) : 0;
    if (n == 0) n = sys_move_mount(tree, "", AT_FDCWD, target, LG_MOVE_MOUNT_F_EMPTY_PATH);
    sys_close(tree);
    return n;
}

static const char *const device_nodes[] = {"null", "zero", "full", "random", "urandom", "tty"};
#define DEVICE_COUNT (sizeof device_nodes / sizeof *device_nodes)

static int take_devices(int trees[DEVICE_COUNT]) {
    for (size_t i = 0; i < DEVICE_COUNT; i++) {
        char path[32] = "/dev/";
        strcat(path, device_nodes[i]);
        trees[i] = sys_open_tree(AT_FDCWD, path, LG_OPEN_TREE_CLONE | O_CLOEXEC | AT_SYMLINK_NOFOLLOW);
    }
    return 0;
}

static int build_dev(int trees[DEVICE_COUNT], struct failure *f) {
    int n = bind_scratch(SCRATCH "/dev", "/dev", 0);
    if (n < 0) return fail(f, STEP_DEVICES, n, "/dev");
    int dev = sys_openat(AT_FDCWD, "/dev", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (dev < 0) return fail(f, STEP_DEVICES, dev, "/dev");
    for (size_t i = 0; i < DEVICE_COUNT; i++) {
        if (trees[i] < 0) continue; // a machine without /dev/full still has a sandbox
        int node = sys_openat(dev, device_nodes[i], O_CREAT | O_EXCL | O_CLOEXEC | O_WRONLY, 0666);
        if (node < 0) return fail(f, STEP_DEVICES, node, device_nodes[i]);
        sys_close(node);
        n = sys_move_mount(trees[i], "", dev, device_nodes[i], LG_MOVE_MOUNT_F_EMPTY_PATH);
        sys_close(trees[i]);
        if (n < 0) return fail(f, STEP_DEVICES, n, device_nodes[i]);
    }
    static const struct { const char *name, *target; } links[] = {
        {"fd", "/proc/self/fd"}, {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
        {"stderr", "/proc/self/fd/2"}, {"ptmx", "pts/ptmx"},
    };
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        n = (int)SYS3(__NR_symlinkat, links[i].target, dev, links[i].name);
        if (n < 0) return fail(f, STEP_DEVICES, n, links[i].name);
    }
    if ((n = sys_mkdirat(dev, "shm", 0755)) < 0 || (n = sys_mkdirat(dev, "pts", 0755)) < 0) return fail(f, STEP_DEVICES, n, "/dev/shm");
    // Landlock refuses message queues (mq_open(3)) unless a rule names their root. A kernel without them has no such root.
    if (sys_mkdirat(dev, "mqueue", 0755) == 0) sys_mount("mqueue", "/dev/mqueue", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    sys_close(dev);
    n = bind_scratch(SCRATCH "/shm", "/dev/shm", 0);
    return n < 0 ? fail(f, STEP_DEVICES, n, "/dev/shm") : 0;
}

// Makes the mount point for `path` below a private folder: its parents, and a folder or an empty file.
static int make_mount_point(const char *path, bool folder) {
    char partial[4096];
    size_t length = strlen(path);
    if (length >= sizeof partial) return -ENAMETOOLONG;
    for (size_t i = 1; i < length; i++) {
        if (path[i] != '/') continue;
        memcpy(partial, path, i);
        partial[i] = '\0';
        int n = sys_mkdirat(AT_FDCWD, partial, 0755);
        if (n < 0 && n != -EEXIST && n != -EROFS) return n;
    }
    if (folder) {
        int n = sys_mkdirat(AT_FDCWD, path, 0755);
        return n == -EEXIST ? 0 : n;
    }
    int fd = sys_openat(AT_FDCWD, path, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
    if (fd < 0) return fd;
    sys_close(fd);
    return 0;
}

static int place_clones(struct policy *policy, struct failure *f) {
    for (size_t i = 0; i < policy->mount_count; i++) {
        struct policy_mount *m = &policy->mounts[i];
        if (m->kind == MOUNT_SYMLINK) {
            int n = make_mount_point(m->path, true);
            if (n == 0) n = (int)SYS3(__NR_unlinkat, AT_FDCWD, m->path, AT_REMOVEDIR);
            if (n == 0) n = (int)SYS3(__NR_symlinkat, m->target, AT_FDCWD, m->path);
            if (n < 0) return fail(f, STEP_PLACE, n, m->path);
            continue;
        }
        if (m->tree < 0) continue;
        if (is_private(m->path)) {
            int n = make_mount_point(m->path, is_folder(m->tree));
            if (n < 0) return fail(f, STEP_PLACE, n, m->path);
        }
        int target = open_exact(m->path);
        if (target < 0) return fail(f, STEP_PLACE, target, m->path);
        int n = attach(m->tree, target);
        sys_close(target);
        sys_close(m->tree);
        m->tree = -1;
        if (n < 0) return fail(f, STEP_PLACE, n, m->path);
    }
    return 0;
}

static int mount_on_itself(int target, uint64_t attributes) {
    int tree = clone_tree(target);
    if (tree < 0) return tree;
    int n = attributes ? sys_mount_setattr(tree, "", AT_EMPTY_PATH | LG_AT_RECURSIVE, attributes, 0) : 0;
    if (n == 0) n = attach(tree, target);
    sys_close(tree);
    return n;
}

// Whether nothing is there, or what is above it is no folder any more.
static bool is_absent(int n) { return n == -ENOENT || n == -ENOTDIR; }

// Mounts a path on itself, read-only or not, in the order the agent gave: a folder before what lies in it.
static int protect(struct policy *policy, struct failure *f) {
    for (size_t i = 0; i < policy->mount_count; i++) {
        struct policy_mount *m = &policy->mounts[i];
        if (m->stands || (m->kind != MOUNT_PIN && m->kind != MOUNT_READONLY)) continue;
        int target = open_exact(m->path);
        if (target == -ENOENT && is_private(m->path)) continue; // hidden by a private folder: nothing to protect
        if (is_absent(target) && is_staged(policy, m->path)) continue; // removed in the stage, or made on the host since
        if (target < 0) return fail(f, STEP_PROTECT, target, m->path);
        int n = mount_on_itself(target, m->kind == MOUNT_READONLY ? LG_MOUNT_ATTR_RDONLY | NO_DEVICES : 0);
        sys_close(target);
        if (n < 0) return fail(f, STEP_PROTECT, n, m->path);
        m->stands = true;
    }
    return 0;
}

// Placeholders stand where nothing stood; what stands there now becomes read-only.
static int cover_placeholders(struct policy *policy, struct failure *f) {
    for (size_t i = 0; i < policy->placeholder_count; i++) {
        struct placeholder *p = &policy->placeholders[i];
        if (p->stands) continue;
        int target = open_exact(p->path);
        if (is_absent(target)) continue; // could not be made, so the command cannot make it either
        if (target < 0) return fail(f, STEP_PROTECT, target, p->path);
        int n = mount_on_itself(target, LG_MOUNT_ATTR_RDONLY | NO_DEVICES);
        sys_close(target);
        if (n < 0) return fail(f, STEP_PROTECT, n, p->path);
        p->stands = true;
    }
    return 0;
}

// A read-only mount of `name` in the scratch folder, where the caller is, over `target`.
static int cover(const char *name, int target) {
    int tree = sys_open_tree(AT_FDCWD, name, LG_OPEN_TREE_CLONE | O_CLOEXEC);
    if (tree < 0) return tree;
    int n = sys_mount_setattr(tree, "", AT_EMPTY_PATH, LG_MOUNT_ATTR_RDONLY | NO_DEVICES, 0);
    if (n == 0) n = attach(tree, target);
    sys_close(tree);
    return n;
}

// Covers `target` with a file of this content. Its name is made of it, so that the same content takes no second file, and
// it keeps the name: nothing can be mounted over a file that has none any more.
static int cover_with_content(const char *content, int target) {
    uint64_t hash = 0xcbf29ce484222325;
    char name[32];
    for (const char *c = content; *c; c++) hash = (hash ^ (uint8_t)*c) * 0x100000001b3;
    snprintf(name, sizeof name, "content-%016llx", (unsigned long long)hash);
    int fd = sys_openat(AT_FDCWD, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0444);
    if (fd < 0 && fd != -EEXIST) return fd;
    if (fd >= 0) {
        size_t length = strlen(content);
        long n = SYS3(__NR_write, fd, content, length);
        sys_close(fd);
        if (n != (long)length) {
            SYS3(__NR_unlinkat, AT_FDCWD, name, 0);
            return n < 0 ? (int)n : -ENOSPC;
        }
    }
    return cover(name, target);
}

static int mask(struct policy *policy, struct failure *f) {
    for (size_t i = 0; i < policy->mount_count; i++) {
        struct policy_mount *m = &policy->mounts[i];
        if (m->stands || (m->kind != MOUNT_MASK && m->kind != MOUNT_CONTENT)) continue;
        int target = open_exact(m->path);
        if (is_absent(target)) continue;   // not in this view: nothing to hide
        if (target == -EACCES) continue;   // the command runs as the same user and cannot reach it either
        if (target < 0) return fail(f, STEP_MASK, target, m->path);
        int n = m->kind == MOUNT_CONTENT ? cover_with_content(m->target, target) : cover(is_folder(target) ? "empty" : "void", target);
        sys_close(target);
        if (n < 0) return fail(f, STEP_MASK, n, m->path);
        m->stands = true;
    }
    return 0;
}

int view_build(struct policy *policy, struct failure *f) {
    int devices[DEVICE_COUNT];
    int n = sys_mount_setattr(AT_FDCWD, "/", LG_AT_RECURSIVE, 0, MS_PRIVATE);
    if (n < 0) return fail(f, STEP_PROPAGATION, n, "/");
    if (take_clones(policy, f) < 0 || make_stages(policy, f) < 0) return -1;
    take_devices(devices);
    n = sys_mount_setattr(AT_FDCWD, "/", LG_AT_RECURSIVE, LG_MOUNT_ATTR_RDONLY | NO_DEVICES, 0);
    if (n < 0) return fail(f, STEP_READONLY_ROOT, n, "/");
    if (make_private_folders(policy, f) < 0 || build_dev(devices, f) < 0) return -1;
    if ((n = bind_scratch(SCRATCH "/run", "/run", 0)) < 0) return fail(f, STEP_PRIVATE_FOLDERS, n, "/run");
    int scratch = sys_openat(AT_FDCWD, SCRATCH, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (scratch < 0) return fail(f, STEP_PRIVATE_FOLDERS, scratch, SCRATCH);
    if ((n = bind_scratch(SCRATCH "/tmp", "/tmp", 0)) < 0) return fail(f, STEP_PRIVATE_FOLDERS, n, "/tmp");
    n = (int)SYS1(__NR_fchdir, scratch);
    sys_close(scratch);
    if (n < 0) return fail(f, STEP_PRIVATE_FOLDERS, n, SCRATCH);
    if (place_clones(policy, f) < 0 || protect(policy, f) < 0 || cover_placeholders(policy, f) < 0 || mask(policy, f) < 0) return -1;
    n = sys_mount_setattr(AT_FDCWD, "/dev", 0, LG_MOUNT_ATTR_RDONLY, 0);
    return n < 0 ? fail(f, STEP_DEVICES, n, "/dev") : 0;
}

// Since 6.14 pid_max belongs to the pid namespace; before, writing it would change the whole machine.
static bool has_own_pid_max(void) {
    struct utsname name;
    if (SYS1(__NR_uname, &name) < 0) return false;
    int major = 0, minor = 0;
    return sscanf(name.release, "%d.%d", &major, &minor) == 2 && (major > 6 || (major == 6 && minor >= 14));
}

static int mount_proc(const struct policy *policy, struct failure *f) {
    int n = sys_mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    if (n < 0) return fail(f, STEP_PROC, n, "/proc");
    if (policy->processes && has_own_pid_max()) {
        char text[16];
        int length = snprintf(text, sizeof text, "%u", policy->processes);
        n = sys_write_file("/proc/sys/kernel/pid_max", text, (size_t)length);
        if (n < 0) return fail(f, STEP_LIMITS, n, "/proc/sys/kernel/pid_max");
    }
    // Owned by global root: without this uid 0 in the sandbox changes the whole machine's settings.
    static const char *const kernel_parts[] = {"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs", "/proc/acpi", "/proc/scsi"};
    for (size_t i = 0; i < sizeof kernel_parts / sizeof *kernel_parts; i++) {
        int tree = sys_open_tree(AT_FDCWD, kernel_parts[i], LG_OPEN_TREE_CLONE | LG_AT_RECURSIVE | O_CLOEXEC);
        if (tree == -ENOENT) continue;
        if (tree < 0) return fail(f, STEP_PROC, tree, kernel_parts[i]);
        n = sys_mount_setattr(tree, "", AT_EMPTY_PATH | LG_AT_RECURSIVE, LG_MOUNT_ATTR_RDONLY | NO_DEVICES | LG_MOUNT_ATTR_NOEXEC, 0);
        if (n == 0) n = sys_move_mount(tree, "", AT_FDCWD, kernel_parts[i], LG_MOVE_MOUNT_F_EMPTY_PATH);
        sys_close(tree);
        if (n < 0) return fail(f, STEP_PROC, n, kernel_parts[i]);
    }
    return 0;
}

int view_make_own(const struct policy *policy, struct failure *f) {
    if (!(policy->flags & FLAG_OUTER_PROC) && mount_proc(policy, f) < 0) return -1;
    int n = sys_mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620");
    return n < 0 ? fail(f, STEP_DEVICES, n, "/dev/pts") : 0;
}

// The folder that was looked into last. What is to be protected lies side by side, and most of a look is the way there.
struct parent {
    const char *path; // of something in it
    size_t length;
    int handle; // or -errno
};

static void leave(struct parent *parent) {
    if (parent->path && parent->handle >= 0) sys_close(parent->handle);
}

// What stands at a path: 1 a mount, 0 anything else, or -errno. No link is followed on the way nor at its end.
static int is_mounted(struct parent *parent, const char *path) {
    const char *name = strrchr(path, '/') + 1;
    size_t length = (size_t)(name - path);
    if (!parent->path || parent->length != length || memcmp(parent->path, path, length) != 0) {
        char folder[4096];
        if (length >= sizeof folder) return -ENAMETOOLONG;
        memcpy(folder, path, length);
        folder[length] = '\0';
        leave(parent);
        *parent = (struct parent){path, length, open_exact(folder)};
    }
    if (parent->handle < 0) return parent->handle;
    struct statx s;
    long n = SYS5(__NR_statx, parent->handle, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH, 0, &s);
    if (n < 0) return (int)n;
    // Before 5.8 the kernel does not say: then it is mounted once more, which costs time but holds.
    return (s.stx_attributes & s.stx_attributes_mask & LG_STATX_ATTR_MOUNT_ROOT) != 0;
}

// Whether it takes something away from a view that is there; the others make the view.
static bool protects(enum mount_kind kind) {
    return kind == MOUNT_PIN || kind == MOUNT_READONLY || kind == MOUNT_MASK || kind == MOUNT_CONTENT;
}

// What was found at a path that shall be protected.
enum found { FOUND_STANDING, FOUND_NOTHING, FOUND_OPEN };

static enum found look(struct parent *parent, const char *path, bool is_placed) {
    int n = is_mounted(parent, path);
    if (is_absent(n) || n == -EACCES) return FOUND_NOTHING; // EACCES: protect() and mask() decide
    return n == 1 && is_placed ? FOUND_STANDING : FOUND_OPEN;
}

bool view_is_whole(const struct policy *session) {
    struct parent parent = {0};
    bool whole = true;
    for (size_t i = 0; whole && i < session->mount_count; i++) {
        const struct policy_mount *m = &session->mounts[i];
        if (protects(m->kind)) whole = look(&parent, m->path, m->stands) == (m->stands ? FOUND_STANDING : FOUND_NOTHING);
    }
    for (size_t i = 0; whole && i < session->placeholder_count; i++) {
        const struct placeholder *p = &session->placeholders[i];
        whole = look(&parent, p->path, p->stands) == (p->stands ? FOUND_STANDING : FOUND_NOTHING);
    }
    leave(&parent);
    return whole;
}

// A replaced name has lost every mount on it at once, so all are looked at before the first is mounted again.
int view_check(struct policy *plan, struct failure *f) {
    bool own = plan->message == MESSAGE_COMMAND, complete = true;
    struct parent parent = {0};
    for (size_t i = 0; i < plan->mount_count; i++) {
        struct policy_mount *m = &plan->mounts[i];
        if (!protects(m->kind)) continue;
        bool is_placed = own ? !m->added : m->stands, hides = m->kind == MOUNT_MASK || m->kind == MOUNT_CONTENT;
        enum found found = look(&parent, m->path, is_placed);
        if (found == FOUND_NOTHING && is_placed && !own && !hides) return fail(f, STEP_PROTECT, -ESTALE, m->path);
        m->stands = found == FOUND_STANDING;
        complete &= m->stands || (hides && found == FOUND_NOTHING) || (!own && !is_placed && found == FOUND_NOTHING);
    }
    for (size_t i = 0; i < plan->placeholder_count; i++) {
        struct placeholder *p = &plan->placeholders[i];
        enum found found = look(&parent, p->path, own ? !p->added : p->stands);
        if (found == FOUND_NOTHING && !own && p->stands) return fail(f, STEP_PLACEHOLDER, -ESTALE, p->path);
        p->stands = found == FOUND_STANDING;
        complete &= p->stands || found == FOUND_NOTHING;
    }
    leave(&parent);
    if (complete) return 0;
    return protect(plan, f) < 0 || cover_placeholders(plan, f) < 0 || mask(plan, f) < 0 ? -1 : 0;
}
