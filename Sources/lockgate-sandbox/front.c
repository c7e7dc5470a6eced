#include "front.h"

#include "policy.h"
#include "report.h"
#include "system.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHANNEL_FD = 3, HELPER_FD = 4, AGAIN_FD = 5, EXIT_SETUP = 125, EXIT_SIGNAL = 128 };
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

// Waits until the helper has ended, which takes the placeholders away, and with it the namespaces' init.
static void wait_for_helper(void) {
    long n;
    do n = SYS4(__NR_wait4, -1, NULL, __WALL, NULL);
    while (n > 0 || n == -EINTR);
}

_Noreturn void front_run(bool has_names) {
    uint64_t before = 0;
    SYS3(__NR_close_range, AGAIN_FD + 1, ~0u, 0);
    SYS4(__NR_rt_sigprocmask, SIG_BLOCK, &passed_on, &before, sizeof before);
    int signals = (int)SYS4(__NR_signalfd4, -1, &passed_on, sizeof passed_on, SFD_CLOEXEC | SFD_NONBLOCK);
    int code = signals < 0 ? -1 : follow(CHANNEL_FD, signals);
    // Where nothing stays on the disk the kernel takes the namespaces down in its own time.
    if (code >= 0 && !has_names) _exit(code);
    if (code < 0) sys_close(CHANNEL_FD), sys_close(HELPER_FD);
    wait_for_helper();
    if (code < 0) run_again(before);
    _exit(code);
}
