#define _GNU_SOURCE
#include "clinux_notify.h"

#include <errno.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

// What can change the meaning of a name in a folder, or the folder itself.
#define NAMES (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)
#define ENDED (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)

int clinux_notify_create(void) {
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

int clinux_notify_add(int notify, const char *folder) {
    int watch = inotify_add_watch(notify, folder, NAMES | IN_ONLYDIR | IN_EXCL_UNLINK);
    return watch < 0 ? -errno : watch;
}

int clinux_notify_is_blind(const char *folder) {
    // NFS, CIFS, SMB, FUSE, 9P, Ceph, AFS: other machines or programs change them without the kernel's knowledge.
    static const unsigned blind[] = {0x6969, 0xFF534D42, 0xFE534D42, 0x517B, 0x65735546, 0x01021997, 0x00C36400, 0x5346414F};
    struct statfs system;
    if (statfs(folder, &system) < 0) return 1;
    for (size_t i = 0; i < sizeof blind / sizeof *blind; i++)
        if ((unsigned)system.f_type == blind[i]) return 1;
    return 0;
}

ssize_t clinux_notify_read(int notify, void *buffer, size_t size) {
    ssize_t n;
    do n = read(notify, buffer, size);
    while (n < 0 && errno == EINTR);
    return n < 0 ? (errno == EAGAIN ? 0 : -errno) : n;
}

size_t clinux_notify_next(const void *buffer, size_t size, size_t at, struct clinux_notice *notice) {
    const struct inotify_event *event = (const void *)((const char *)buffer + at);
    if (size - at < sizeof *event || size - at - sizeof *event < event->len) return size;
    *notice = (struct clinux_notice){
        .watch = event->wd,
        .name = event->len ? event->name : "",
        .is_folder = (event->mask & IN_ISDIR) != 0,
        .has_ended = (event->mask & ENDED) != 0,
        .has_overflowed = (event->mask & IN_Q_OVERFLOW) != 0,
    };
    return at + sizeof *event + event->len;
}
