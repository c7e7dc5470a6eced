// inotify(7), as far as watching the names in folders needs it.
#ifndef LOCKGATE_CLINUX_NOTIFY_H
#define LOCKGATE_CLINUX_NOTIFY_H

#include <stdint.h>
#include <sys/types.h>

/// A queue of changes, non-blocking, close-on-exec, or -errno.
int clinux_notify_create(void);

/// Watches the names in a folder, following a symbolic link to it. Returns the watch's number, which is the same for
/// the same folder, or -errno; -ENOSPC when the user's limit is reached.
int clinux_notify_add(int notify, const char *folder);

/// Whether a folder is on a file system that changes without notice (network, FUSE), or cannot be asked: 1 or 0.
int clinux_notify_is_blind(const char *folder);

/// Reads queued changes: bytes, 0 without any, or -errno.
ssize_t clinux_notify_read(int notify, void *buffer, size_t size);

/// One change.
struct clinux_notice {
    int watch;
    const char *name;   ///< in the folder; empty when the folder itself is meant. Points into the buffer
    int is_folder;      ///< the name is a folder's
    int has_ended;      ///< the watched folder was removed, moved or unmounted
    int has_overflowed; ///< changes were lost
};

/// Decodes the change at `at` of the `size` bytes that were read and returns where the next one begins, at most `size`.
size_t clinux_notify_next(const void *buffer, size_t size, size_t at, struct clinux_notice *notice);

#endif
