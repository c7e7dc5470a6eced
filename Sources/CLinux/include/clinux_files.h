// File calls and constants that Glibc's Swift module hides because they are Linux's own.
#ifndef LOCKGATE_CLINUX_FILES_H
#define LOCKGATE_CLINUX_FILES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// How openat2(2) may resolve a path; see there.
static const uint64_t clinux_no_magic_links = 0x02;
static const uint64_t clinux_no_symlinks = 0x04;
static const uint64_t clinux_in_root = 0x10;

/// Opens a path as openat2(2) does, always close-on-exec. Returns a descriptor or -errno; -ENOSYS before Linux 5.6.
int clinux_openat2(int folder, const char *path, int flags, mode_t mode, uint64_t resolve);

/// Flags of open(2) that need _GNU_SOURCE.
extern const int clinux_o_path;

/// Renames within or across two folders. `exchange` swaps two existing files; otherwise an existing target is an error
/// (EEXIST). Returns 0 or -errno; -EINVAL where the file system cannot do it.
int clinux_rename(int from_folder, const char *from, int to_folder, const char *to, int exchange);

/// Gives an empty file the other's content without copying it, where the file system can. Returns 0 or -errno.
int clinux_clone_file(int to, int from);

/// Whether a descriptor is on procfs: 1, 0 or -errno.
int clinux_is_procfs(int descriptor);

// 1 if an open file or folder has an extended attribute of this name, 0 if not or if it cannot be told.
int clinux_has_attribute(int descriptor, const char *name);

/// Copies up to `size` bytes from where one file stands to where the other does, sharing blocks where the file system
/// can. Returns how many, 0 at the end, or -errno.
ssize_t clinux_copy_range(int from, int to, size_t size);

/// The magic number of the file system that holds `path` (statfs(2)), or -errno.
long clinux_filesystem(const char *path);

#endif
