#define _GNU_SOURCE
#include "clinux_files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

// The kernel's struct open_how, which headers older than Linux 5.6 lack.
struct how {
    uint64_t flags, mode, resolve;
};

const int clinux_o_path = O_PATH;

int clinux_openat2(int folder, const char *path, int flags, mode_t mode, uint64_t resolve) {
    struct how how = {.flags = (uint32_t)flags | O_CLOEXEC, .mode = mode, .resolve = resolve};
    // 437 on every architecture.
    long result;
    do {
        result = syscall(437, folder, path, &how, sizeof how);
    } while (result < 0 && errno == EINTR);
    return result >= 0 ? (int)result : -errno;
}

int clinux_rename(int from_folder, const char *from, int to_folder, const char *to, int exchange) {
    unsigned flags = exchange ? RENAME_EXCHANGE : RENAME_NOREPLACE;
    return syscall(SYS_renameat2, from_folder, from, to_folder, to, flags) == 0 ? 0 : -errno;
}

int clinux_clone_file(int to, int from) { return ioctl(to, FICLONE, from) == 0 ? 0 : -errno; }

int clinux_is_procfs(int descriptor) {
    struct statfs system;
    if (fstatfs(descriptor, &system) != 0) return -errno;
    return system.f_type == PROC_SUPER_MAGIC;
}

int clinux_has_attribute(int descriptor, const char *name) { return fgetxattr(descriptor, name, NULL, 0) >= 0; }

ssize_t clinux_copy_range(int from, int to, size_t size) {
    ssize_t count = copy_file_range(from, NULL, to, NULL, size, 0);
    return count < 0 ? -errno : count;
}

long clinux_filesystem(const char *path) {
    struct statfs status;
    if (statfs(path, &status) != 0) return -errno;
    return status.f_type;
}
