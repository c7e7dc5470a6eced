#include "placeholder.h"

#include "system.h"

#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define MARK "user.lockgate.placeholder"

static const char *base_name(const char *path) { return strrchr(path, '/') + 1; }

static int open_parent(const char *path) {
    char parent[4096];
    size_t length = (size_t)(strrchr(path, '/') - path);
    if (length >= sizeof parent) return -ENAMETOOLONG;
    memcpy(parent, path, length);
    parent[length] = '\0';
    return sys_openat2(AT_FDCWD, length ? parent : "/", O_PATH | O_DIRECTORY | O_CLOEXEC, LG_RESOLVE_NO_SYMLINKS);
}

static bool is_marked(int fd) {
    char value;
    return SYS4(__NR_fgetxattr, fd, MARK, &value, 1) == 1;
}

// Opens what is at the name now, or -errno.
static int open_existing(const struct placeholder *p) {
    return sys_openat(p->parent, base_name(p->path), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (p->kind == 'd' ? O_DIRECTORY : 0), 0);
}

static int create(const struct placeholder *p) {
    const char *name = base_name(p->path);
    bool named = p->kind == 'd';
    int fd;
    if (p->kind == 'd') {
        int n = sys_mkdirat(p->parent, name, 0755);
        if (n < 0) return n;
        fd = open_existing(p);
        if (fd < 0) return fd;
    } else {
        // Complete before it gets its name: another process never reads half a placeholder.
        fd = sys_openat(p->parent, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
        if (fd == -EOPNOTSUPP || fd == -EISDIR) { // no unnamed files here (overlay of old kernels, NFS)
            fd = sys_openat(p->parent, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0644);
            named = fd >= 0;
        }
        if (fd < 0) return fd;
        size_t length = strlen(p->content);
        if (length && SYS3(__NR_write, fd, p->content, length) != (long)length) return sys_close(fd), -EIO;
    }
    long n = SYS5(__NR_fsetxattr, fd, MARK, "1", 1, 0);
    // Without user attributes only this helper knows the placeholder as one: a concurrent command may lose its cover early.
    if (n < 0 && n != -EOPNOTSUPP && n != -EPERM) return sys_close(fd), (int)n;
    if (!named) {
        char link[32] = "/proc/self/fd/";
        char digits[12];
        size_t at = sizeof digits;
        digits[--at] = '\0';
        for (int v = fd; v || at == sizeof digits - 1; v /= 10) digits[--at] = (char)('0' + v % 10);
        strcat(link, digits + at);
        n = SYS5(__NR_linkat, AT_FDCWD, link, p->parent, name, AT_SYMLINK_FOLLOW);
        if (n < 0) return sys_close(fd), (int)n;
    }
    return fd;
}

static bool still_named(const struct placeholder *p) {
    struct stat held, named;
    return SYS4(__NR_newfstatat, p->fd, "", &held, AT_EMPTY_PATH) == 0 &&
           SYS4(__NR_newfstatat, p->parent, base_name(p->path), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

// The command runs as the same user: where the helper cannot create a name, neither can the command.
static bool cannot_create(int n) { return n == -EACCES || n == -EROFS || n == -ENOENT || n == -ENOTDIR || n == -ELOOP; }

static int make_one(struct placeholder *p) {
    p->parent = open_parent(p->path);
    if (cannot_create(p->parent)) return 0;
    if (p->parent < 0) return p->parent;
    for (int attempt = 0; attempt < 8; attempt++) {
        bool created = false;
        p->fd = open_existing(p);
        if (p->fd == -ENOENT) {
            p->fd = create(p);
            created = p->fd >= 0;
            if (cannot_create(p->fd)) return 0;
        }
        if (p->fd == -EEXIST) continue; // made by another helper meanwhile
        if (p->fd == -ENOTDIR || p->fd == -ELOOP) return 0;  // something real of another kind: the mount protects it
        if (p->fd < 0) return p->fd;
        if (!created && !is_marked(p->fd)) { // the user's own, or a file system without attributes
            sys_close(p->fd);
            p->fd = -1;
            return 0;
        }
        long n = SYS2(__NR_flock, p->fd, LOCK_SH | LOCK_NB);
        if (n == 0 && still_named(p)) return 0;
        sys_close(p->fd);
        p->fd = -1;
    }
    return -EBUSY;
}

int placeholders_make(struct policy *policy, struct failure *f) {
    for (size_t i = 0; i < policy->placeholder_count; i++) {
        int n = make_one(&policy->placeholders[i]);
        if (n < 0) return fail(f, STEP_PLACEHOLDER, n, policy->placeholders[i].path);
    }
    return 0;
}

void placeholders_remove(struct policy *policy) {
    for (size_t i = policy->placeholder_count; i-- > 0;) {
        struct placeholder *p = &policy->placeholders[i];
        if (p->fd >= 0 && SYS2(__NR_flock, p->fd, LOCK_EX | LOCK_NB) == 0 && still_named(p))
            SYS3(__NR_unlinkat, p->parent, base_name(p->path), p->kind == 'd' ? AT_REMOVEDIR : 0);
        if (p->fd >= 0) sys_close(p->fd);
        if (p->parent >= 0) sys_close(p->parent);
        p->fd = p->parent = -1;
    }
}

void placeholders_forget(struct policy *policy) {
    for (size_t i = 0; i < policy->placeholder_count; i++) {
        struct placeholder *p = &policy->placeholders[i];
        if (p->fd >= 0) sys_close(p->fd);
        if (p->parent >= 0) sys_close(p->parent);
        p->fd = p->parent = -1;
    }
}
