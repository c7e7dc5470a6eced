#include "supervise.h"

#include "connect.h"
#include "system.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

// How long the end of a command may wait for processes that do not die (uninterruptible I/O).
#define LAST_REAP_MILLISECONDS 2000
// How soon a signal interrupts a connect that waits; and after how many other events it is looked for at the latest.
#define SIGNAL_LOOK_MILLISECONDS 50
#define SIGNAL_LOOK_EVENTS 64

int supervise_signals(void) {
    uint64_t mask = 1ull << (SIGCHLD - 1);
    long n = SYS4(__NR_rt_sigprocmask, SIG_BLOCK, &mask, NULL, sizeof mask);
    if (n < 0) return (int)n;
    return (int)SYS4(__NR_signalfd4, -1, &mask, sizeof mask, SFD_CLOEXEC | SFD_NONBLOCK);
}

// Kills every process that descends from the command, as far as it is visible from here.
static void kill_descendants(const struct supervision *s) {
    if (s->is_init) {
        SYS2(__NR_kill, -1, SIGKILL);
        return;
    }
    SYS2(__NR_kill, -s->command.pid, SIGKILL);
    // A subreaper inherits every orphan: killing children until none is left reaches all of them.
    int fd = sys_openat(AT_FDCWD, "/proc/thread-self/children", O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return;
    char text[4096];
    long n;
    int pid = 0;
    while ((n = SYS3(__NR_read, fd, text, sizeof text)) > 0)
        for (long i = 0; i < n; i++) {
            if (text[i] >= '0' && text[i] <= '9') pid = pid * 10 + (text[i] - '0');
            else if (pid) SYS2(__NR_kill, pid, SIGKILL), pid = 0;
        }
    if (pid) SYS2(__NR_kill, pid, SIGKILL);
    sys_close(fd);
}

// Reaps what has ended. Returns whether children remain.
static bool reap(const struct supervision *s, bool *ended, int *status) {
    for (;;) {
        int one = 0;
        long pid = SYS4(__NR_wait4, -1, &one, WNOHANG | __WALL, NULL);
        if (pid == 0) return true;
        if (pid == -EINTR) continue;
        if (pid < 0) return false;
        if (pid == s->command.pid) *ended = true, *status = one;
        else connect_worker_ended((int)pid);
    }
}

static void drain(int signals) {
    char buffer[sizeof(struct signalfd_siginfo) * 8];
    while (SYS3(__NR_read, signals, buffer, sizeof buffer) > 0);
}

static long wait_for(struct pollfd *fds, unsigned count, int milliseconds) {
    struct timespec limit = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    return SYS5(__NR_ppoll, fds, count, milliseconds < 0 ? NULL : &limit, NULL, 8);
}

static void end_all(const struct supervision *s, bool *ended, int *status) {
    // The usual end: nothing else was started. All that descends from the command is a child, or a child's.
    if (!reap(s, ended, status)) return;
    for (int waited = 0; waited < LAST_REAP_MILLISECONDS; waited += 50) {
        kill_descendants(s);
        if (!reap(s, ended, status)) return;
        struct pollfd fd = {s->signals, POLLIN, 0};
        wait_for(&fd, 1, 50);
        drain(s->signals);
    }
}

static void obey(const struct supervision *s) {
    struct order order;
    long n = SYS6(__NR_recvfrom, s->status, &order, sizeof order, MSG_DONTWAIT | MSG_TRUNC, NULL, NULL);
    if (n != sizeof order) return;
    if (order.kind == ORDER_KILL) kill_descendants(s);
    else if (order.kind == ORDER_SIGNAL && order.signal > 0 && order.signal <= 64) SYS2(__NR_kill, -s->command.pid, order.signal);
}

void supervise(struct supervision *s) {
    struct connect_supervisor connects = {.listener = s->command.listener, .status = s->status, .abstract_allowed = s->abstract_allowed, .outer_proc = s->outer_proc};
    bool ended = false;
    int status = 0;
    for (unsigned events = 1; !ended; events++) {
        struct pollfd fds[] = {{s->signals, POLLIN, 0}, {s->status, POLLIN, 0}, {connects.listener, POLLIN, 0}, {s->lifeline, 0, 0}};
        long ready = wait_for(fds, 4, connect_waits() ? SIGNAL_LOOK_MILLISECONDS : -1);
        if (ready == 0 || events % SIGNAL_LOOK_EVENTS == 0) connect_look_for_signals(&connects);
        if (fds[2].revents & POLLIN) connect_serve(&connects);
        else if (fds[2].revents & (POLLHUP | POLLERR)) connects.listener = -1; // no filtered process is left
        if (fds[1].revents & (POLLHUP | POLLERR)) break; // the agent is gone, or has let go of the command
        if (fds[3].revents) break;                       // the helper is gone
        if (fds[1].revents & POLLIN) obey(s);
        if (fds[0].revents & POLLIN) {
            drain(s->signals);
            reap(s, &ended, &status);
        }
    }
    end_all(s, &ended, &status);
    struct rusage usage;
    struct report report = {.kind = REPORT_EXITED, .value = status};
    if (SYS2(__NR_getrusage, RUSAGE_CHILDREN, &usage) == 0) report_fill_usage(&report, &usage);
    if (ended) report_send(s->status, &report, true, -1, 0);
}
