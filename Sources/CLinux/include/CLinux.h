// What Glibc's Swift module hides or cannot express: process creation with an exact set of descriptors, descriptor
// passing, memory files. Functions return a result or -errno; none touches global state unless it says so.
#ifndef LOCKGATE_CLINUX_H
#define LOCKGATE_CLINUX_H

#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Starts `path` with no arguments but its name and its role, if not null, and no environment, in a new session of its own, all
/// signals at their defaults. Its descriptors are `fds[0..count)` in that order and nothing else that is close-on-exec.
int clinux_spawn(const char *path, const char *role, const int *fds, size_t count, pid_t *pid);

/// Turns this process into `path`, with no arguments but its name and its role, and no environment. Descriptors 0-2 stay, 3 and on are
/// `fds[0..count)`, and nothing else that is close-on-exec. Returns only when it could not: -errno; 3 and on are used then.
int clinux_become(const char *path, const char *role, const int *fds, size_t count);

/// A connected pair of SOCK_SEQPACKET sockets, close-on-exec. Messages on the first carry the sender's credentials.
int clinux_message_pair(int pair[2]);

/// What came with one message.
struct clinux_message {
    ssize_t length; ///< bytes received, 0 at the end of the stream, or -errno
    int descriptor; ///< a passed descriptor (close-on-exec), or -1
    pid_t pid;      ///< the sender's or the named process, or 0
};

/// Receives one message without blocking; further passed descriptors are closed.
struct clinux_message clinux_receive(int socket, void *buffer, size_t size);

/// Sends one message without blocking.
int clinux_send(int socket, const void *bytes, size_t size);

/// Sends one message with descriptors, without blocking. -EAGAIN: the receiver's queue is full.
int clinux_send_descriptors(int socket, const void *bytes, size_t size, const int *fds, size_t count);

/// Waits until a descriptor has input or its end: 1, 0 when it has not in time, or -errno.
int clinux_wait_readable(int descriptor, int milliseconds);

/// A memory file that holds `bytes`, sealed against any change, close-on-exec.
int clinux_sealed_file(const void *bytes, size_t size);

/// Sets a terminal's size in character cells.
int clinux_set_window(int terminal, uint16_t rows, uint16_t columns);
/// Reads a terminal's size in character cells.
int clinux_get_window(int terminal, uint16_t *rows, uint16_t *columns);
/// Sends a signal to the foreground group of a terminal through its master.
int clinux_signal_foreground(int master, int signal);

/// A pipe, read end first, both ends close-on-exec.
int clinux_pipe(int ends[2]);

/// Has a program that `posix_spawn` starts begin in a folder: 0 or an error number.
int clinux_spawn_in(posix_spawn_file_actions_t *actions, const char *folder);

/// A pidfd for a process, close-on-exec.
int clinux_open_process(pid_t pid);

/// Catches these signals for the rest of the process's life and returns a descriptor from which each can be read as
/// one byte. Once per process.
int clinux_forward_signals(const int *signals, size_t count);

/// Has users looked up in the system's files from now on, hosts there and by DNS, and in nothing that /etc/nsswitch.conf names
/// besides: those are libraries of the system's C library, and the released program has one of its own. Before the first lookup.
void clinux_limit_lookups(void);

/// An epoll instance, close-on-exec.
int clinux_epoll_create(void);
/// Watches a descriptor for input, end of file and hang-up, level-triggered.
int clinux_epoll_add(int epoll, int descriptor, uint64_t token);
int clinux_epoll_remove(int epoll, int descriptor);
/// Waits without limit; fills in the tokens of what is ready and returns how many.
int clinux_epoll_wait(int epoll, uint64_t *tokens, int capacity);

#endif
