#include "front.h"

#include "placeholder.h"
#include "report.h"
#include "request.h"
#include "system.h"

#include <linux/prctl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COMMAND_FD = 4, AGAIN_FD = 5, EXIT_SETUP = 125, EXIT_SIGNAL = 128 };
#define BIT(signal) (1ull << ((signal) - 1))
// As the agent does where it stays. What the user had ignored stays ignored: then none arrives.
static const uint64_t passed_on = BIT(SIGINT) | BIT(SIGTERM) | BIT(SIGHUP) | BIT(SIGQUIT) | BIT(SIGUSR1) | BIT(SIGUSR2);

static _Noreturn void give_up(const char *why) {
    static const char prefix[] = "lockgate: ", remedy[] = "; the command may not have run. `lockgate doctor` checks the sandbox.\n";
    SYS3(__NR_write, 2, prefix, sizeof prefix - 1);
    SYS3(__NR_write, 2, why, strlen(why));
    SYS3(__NR_write, 2, remedy, sizeof remedy - 1);
    _exit(EXIT_SETUP);
}

// Becomes the agent again. Nothing of the command has run, and no placeholder is left.
static _Noreturn void run_again(uint64_t mask) {
    struct stat s;
    uint32_t counts[2];
    if (SYS4(__NR_newfstatat, AGAIN_FD, "", &s, AT_EMPTY_PATH) < 0 || s.st_size < (long)sizeof counts || s.st_size > (long)POLICY_MAX_BYTES) give_up("the sandbox failed");
    size_t size = (size_t)s.st_size;
    char *bytes = malloc(size + 1);
    if (!bytes || SYS4(__NR_pread64, AGAIN_FD, bytes, size, 0) != (long)size) give_up("the sandbox failed");
    bytes[size] = '\0';
    memcpy(counts, bytes, sizeof counts);
    if (counts[0] > size || counts[1] > size) give_up("the sandbox failed");
    char **arguments = calloc(counts[0] + 2ul, sizeof(char *)), **variables = calloc(counts[1] + 1ul, sizeof(char *));
    if (!arguments || !variables) give_up("out of memory");
    char *at = bytes + sizeof counts, *end = bytes + size;
    const char *program = at;
    arguments[0] = FRONT_AGAIN;
    for (size_t i = 0; i <= (size_t)counts[0] + counts[1]; i++) {
        if (at >= end) give_up("the sandbox failed");
        if (i > counts[0]) variables[i - counts[0] - 1] = at;
        else if (i > 0) arguments[i] = at;
        at += strlen(at) + 1;
    }
    SYS4(__NR_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof mask);
    SYS3(__NR_close_range, 3, ~0u, 0);
    SYS3(__NR_execve, program, arguments, variables);
    give_up("the program is no longer there");
}

// In the new namespaces, before anything of them is set up.
static void enter(struct policy *policy, int requests, int far, int null) {
    uint64_t none = 0;
    SYS2(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL);
    SYS0(__NR_setsid);
    placeholders_forget(policy);
    for (int fd = 0; fd < 3; fd++) SYS3(__NR_dup3, null, fd, 0);
    SYS3(__NR_dup3, far, requests, O_CLOEXEC);
    SYS3(__NR_close_range, (unsigned)requests + 1, ~0u, 0);
    // A front that died before it could be seen to die has closed the other end.
    struct pollfd front = {requests, 0, 0};
    struct timespec now = {0};
    SYS5(__NR_ppoll, &front, 1, &now, NULL, 8);
    if (front.revents) _exit(0);
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    SYS4(__NR_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none);
}

static long send_request(int requests, int channel) {
    uint32_t header[2] = {REQUEST_MAGIC, REQUEST_STANDARD | REQUEST_FILE};
    int fds[] = {channel, 0, 1, 2, COMMAND_FD};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof fds)];
    } control = {0};
    struct iovec part = {header, sizeof header};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    control.align = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fds), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.align), fds, sizeof fds);
    return SYS3(__NR_sendmsg, requests, &message, MSG_NOSIGNAL);
}

static void pass_signals_on(int signals, int channel) {
    struct signalfd_siginfo info;
    while (SYS3(__NR_read, signals, &info, sizeof info) == sizeof info) {
        struct order order = {ORDER_SIGNAL, (int32_t)info.ssi_signo};
        SYS6(__NR_sendto, channel, &order, sizeof order, MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0);
    }
}

// Follows the command to its end. Returns its exit code, or -1 when nothing was run.
static int follow(int channel, int signals) {
    static struct report report;
    bool started = false;
    for (;;) {
        struct pollfd fds[] = {{channel, POLLIN, 0}, {signals, POLLIN, 0}};
        if (SYS5(__NR_ppoll, fds, 2, NULL, NULL, 8) < 0) continue;
        if (fds[1].revents) pass_signals_on(signals, channel);
        if (!fds[0].revents) continue;
        long n = SYS6(__NR_recvfrom, channel, &report, sizeof report, 0, NULL, NULL);
        // The other end closed while a signal was not read yet: said once, before what it had reported.
        if (n == -EINTR || n == -ECONNRESET) continue;
        if (n < (long)REPORT_FIXED) {
            if (!started) give_up("the sandbox's helper ended without a report");
            return EXIT_SIGNAL + SIGKILL;
        }
        if (report.kind == REPORT_FAILED) return -1;
        if (report.kind == REPORT_STARTED) started = true;
        if (report.kind == REPORT_EXITED) return WIFEXITED(report.value) ? WEXITSTATUS(report.value) : EXIT_SIGNAL + WTERMSIG(report.value);
    }
}

// Starts a process that takes the placeholders away when this one and the namespaces are gone, whatever ended them. Returns
// its pid, and the end whose closing tells it, or a negative errno.
static long keep_names(struct policy *policy, int pidfd, int null, int *line) {
    int ends[2];
    long n = SYS2(__NR_pipe2, ends, O_CLOEXEC);
    if (n < 0) return n;
    n = SYS5(__NR_clone, SIGCHLD, 0, 0, 0, 0);
    if (n != 0) {
        sys_close(ends[0]);
        *line = ends[1];
        return n;
    }
    SYS0(__NR_setsid);
    for (int fd = 0; fd < 3; fd++) SYS3(__NR_dup3, null, fd, 0); // whoever reads the user's pipes must not wait for this
    sys_close(ends[1]);
    struct pollfd front = {ends[0], 0, 0}, init = {pidfd, POLLIN, 0};
    while (!front.revents) SYS5(__NR_ppoll, &front, 1, NULL, NULL, 8);
    while (!init.revents) SYS5(__NR_ppoll, &init, 1, NULL, NULL, 8);
    placeholders_remove(policy);
    _exit(0);
}

void front_run(struct policy *policy, int requests, unsigned uid, unsigned gid, void (*contain)(struct policy *, unsigned, unsigned)) {
    struct failure ignored = {0};
    uint64_t before = 0;
    int request_ends[2], channel_ends[2];
    SYS3(__NR_close_range, AGAIN_FD + 1, ~0u, 0);
    SYS4(__NR_rt_sigprocmask, SIG_BLOCK, &passed_on, &before, sizeof before);
    int signals = (int)SYS4(__NR_signalfd4, -1, &passed_on, sizeof passed_on, SFD_CLOEXEC | SFD_NONBLOCK);
    int null = sys_openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0);
    if (signals < 0 || null < 0) run_again(before);
    if (SYS4(__NR_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, request_ends) < 0) run_again(before);
    if (SYS4(__NR_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel_ends) < 0) run_again(before);
    bool has_names = policy->placeholder_count > 0;
    if (has_names && placeholders_make(policy, &ignored) < 0) placeholders_remove(policy), run_again(before);
    unsigned long flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_PIDFD | SIGCHLD;
    if (policy->flags & FLAG_PRIVATE_NET) flags |= CLONE_NEWNET;
    int pidfd = -1, line = -1, code = -1;
    long init = SYS5(__NR_clone, flags, 0, &pidfd, 0, 0), keeper = 0;
    if (init == 0) {
        enter(policy, requests, request_ends[1], null);
        contain(policy, uid, gid);
        _exit(EXIT_SETUP);
    }
    if (init > 0 && has_names) keeper = keep_names(policy, pidfd, null, &line);
    if (init > 0 && keeper >= 0 && send_request(request_ends[0], channel_ends[1]) > 0) {
        sys_close(channel_ends[1]);
        sys_close(request_ends[1]);
        code = follow(channel_ends[0], signals);
    }
    // Where nothing stays on the disk the kernel takes the namespaces down in its own time.
    if (code >= 0 && !has_names) _exit(code);
    if (init > 0) SYS2(__NR_kill, init, SIGKILL);
    if (init > 0) SYS4(__NR_wait4, init, NULL, __WALL, NULL);
    if (line >= 0) sys_close(line);
    if (keeper > 0) SYS4(__NR_wait4, keeper, NULL, __WALL, NULL);
    else placeholders_remove(policy);
    if (code < 0) run_again(before);
    _exit(code);
}
