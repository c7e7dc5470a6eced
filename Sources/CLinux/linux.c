#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// Descriptors above any target slot, so that duplicating one never overwrites another still to come.
#define STAGING 64

int clinux_spawn(const char *path, const char *role, const int *fds, size_t count, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    if (count > 16) return -EINVAL;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return -error;
    error = posix_spawnattr_init(&attributes);
    if (error) {
        posix_spawn_file_actions_destroy(&actions);
        return -error;
    }
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
    int staged[16];
    size_t made = 0;
    for (; made < count && !error; made++) {
        staged[made] = fcntl(fds[made], F_DUPFD_CLOEXEC, STAGING);
        if (staged[made] < 0) {
            error = errno;
            break;
        }
        error = posix_spawn_file_actions_adddup2(&actions, staged[made], (int)made);
    }
    char *const arguments[] = {(char *)"lockgate-sandbox", (char *)role, NULL}, *const environment[] = {NULL};
    if (!error) error = posix_spawn(pid, path, &actions, &attributes, arguments, environment);
    for (size_t i = 0; i < made; i++) close(staged[i]);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return -error;
}

int clinux_become(const char *path, const char *role, const int *fds, size_t count) {
    int staged[8];
    if (count > 8) return -EINVAL;
    for (size_t i = 0; i < count; i++)
        if ((staged[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, STAGING)) < 0) return -errno;
    for (size_t i = 0; i < count; i++)
        if (dup2(staged[i], 3 + (int)i) < 0) return -errno;
    char *const arguments[] = {(char *)"lockgate-sandbox", (char *)role, NULL}, *const environment[] = {NULL};
    execve(path, arguments, environment);
    return -errno;
}

int clinux_message_pair(int pair[2]) {
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return -errno;
    int on = 1;
    if (setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0) return 0;
    int error = errno;
    close(pair[0]);
    close(pair[1]);
    return -error;
}

struct clinux_message clinux_receive(int socket, void *buffer, size_t size) {
    struct clinux_message result = {.length = 0, .descriptor = -1, .pid = 0};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * 8) + CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct iovec part = {buffer, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    do result.length = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (result.length < 0 && errno == EINTR);
    if (result.length < 0) {
        result.length = -errno;
        return result;
    }
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != SOL_SOCKET) continue;
        if (c->cmsg_type == SCM_CREDENTIALS) {
            struct ucred who;
            memcpy(&who, CMSG_DATA(c), sizeof who);
            result.pid = who.pid;
        } else if (c->cmsg_type == SCM_RIGHTS) {
            size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            for (size_t i = 0; i < n; i++) {
                int fd;
                memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
                if (result.descriptor < 0) result.descriptor = fd;
                else close(fd);
            }
        }
    }
    return result;
}

int clinux_send(int socket, const void *bytes, size_t size) {
    ssize_t n;
    do n = send(socket, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : 0;
}

int clinux_send_descriptors(int socket, const void *bytes, size_t size, const int *fds, size_t count) {
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * 8)];
    } control = {0};
    if (count > 8) return -EINVAL;
    struct iovec part = {(void *)bytes, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        *c = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int) * count), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(c), fds, sizeof(int) * count);
    }
    ssize_t n;
    do n = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : 0;
}

int clinux_wait_readable(int descriptor, int milliseconds) {
    struct pollfd event = {.fd = descriptor, .events = POLLIN};
    int n;
    do n = poll(&event, 1, milliseconds);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

int clinux_sealed_file(const void *bytes, size_t size) {
    int fd = memfd_create("lockgate-policy", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) return -errno;
    for (size_t at = 0; at < size;) {
        ssize_t n = write(fd, (const char *)bytes + at, size - at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            int error = errno;
            close(fd);
            return -error;
        }
        at += (size_t)n;
    }
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

int clinux_set_window(int terminal, uint16_t rows, uint16_t columns) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    return ioctl(terminal, TIOCSWINSZ, &size) < 0 ? -errno : 0;
}

int clinux_get_window(int terminal, uint16_t *rows, uint16_t *columns) {
    struct winsize size = {0};
    if (ioctl(terminal, TIOCGWINSZ, &size) < 0) return -errno;
    *rows = size.ws_row;
    *columns = size.ws_col;
    return 0;
}

int clinux_signal_foreground(int master, int signal) { return ioctl(master, TIOCSIG, signal) < 0 ? -errno : 0; }

int clinux_spawn_in(posix_spawn_file_actions_t *actions, const char *folder) {
    return posix_spawn_file_actions_addchdir_np(actions, folder);
}

int clinux_open_process(pid_t pid) {
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    return fd < 0 ? -errno : fd;
}

static int signal_pipe = -1;

static void write_signal(int signal) {
    int before = errno;
    unsigned char byte = (unsigned char)signal;
    if (write(signal_pipe, &byte, 1) < 0) { /* a full pipe holds enough signals already */ }
    errno = before;
}

int clinux_forward_signals(const int *signals, size_t count) {
    int ends[2];
    if (signal_pipe >= 0) return -EBUSY;
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) return -errno;
    signal_pipe = ends[1];
    struct sigaction action = {.sa_handler = write_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < count; i++) sigaction(signals[i], &action, NULL);
    return ends[0];
}

int clinux_epoll_create(void) {
    int fd = epoll_create1(EPOLL_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int clinux_epoll_add(int epoll, int descriptor, uint64_t token) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.u64 = token};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) < 0 ? -errno : 0;
}

int clinux_epoll_remove(int epoll, int descriptor) { return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL) < 0 ? -errno : 0; }

int clinux_epoll_wait(int epoll, uint64_t *tokens, int capacity) {
    struct epoll_event events[64];
    int n;
    do n = epoll_wait(epoll, events, capacity < 64 ? capacity : 64, -1);
    while (n < 0 && errno == EINTR);
    if (n < 0) return -errno;
    for (int i = 0; i < n; i++) tokens[i] = events[i].data.u64;
    return n;
}

int clinux_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) < 0 ? -errno : 0; }
