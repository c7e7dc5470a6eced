#define _GNU_SOURCE
#include "CEarlyStart.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#define HELPER "lockgate-sandbox"
// As in advance.h.
#define ROLE "advance"
enum { REQUESTS_FD = 4 };

static struct early_helper helper = {.socket = -1, .pid = 0};

struct early_helper early_helper_take(void) {
    struct early_helper taken = helper;
    helper.socket = -1;
    return taken;
}

static bool is_terminal(int fd) {
    struct termios settings;
    return ioctl(fd, TCGETS, &settings) == 0;
}

// Whether the command line looks like one command in namespaces, with no network. The options are read for good later; what
// is taken for one here and is none costs a helper that nobody uses.
static bool is_expected(int count, char **arguments) {
    if (count < 4 || strcmp(arguments[0], "lockgate-again") == 0 || strcmp(arguments[1], "sandbox") != 0 || arguments[2][0] != '-') return false;
    for (int i = 2; i < count; i++) {
        const char *text = arguments[i], *equals = strchr(text, '=');
        if (strcmp(text, "--") == 0) return i + 1 < count;
        const char *value = equals ? equals + 1 : text;
        if (strcmp(value, "on") == 0 || strcmp(value, "danger-full-access") == 0 || strncmp(text, "--measure", 9) == 0 || strcmp(text, "--help") == 0) return false;
    }
    return false;
}

// The helper beside this program, if only its owner can change it, who is root or the user. HelperLocation decides for good,
// and knows of one that a variable names.
static bool find(char path[PATH_MAX]) {
    for (char **entry = environ; entry && *entry; entry++)
        if (strncmp(*entry, "LOCKGATE_SANDBOX_HELPER=", 24) == 0) return false;
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
    if (length <= 0) return false;
    path[length] = '\0';
    char *slash = strrchr(path, '/');
    if (!slash || (size_t)(slash - path) + sizeof HELPER + 1 > PATH_MAX) return false;
    strcpy(slash + 1, HELPER);
    struct stat s;
    return stat(path, &s) == 0 && S_ISREG(s.st_mode) && (s.st_mode & (S_IWGRP | S_IWOTH)) == 0 && (s.st_uid == 0 || s.st_uid == getuid());
}

struct start {
    char path[PATH_MAX];
    int null, far;
};

// In the parent's memory, beside it, on a stack of its own, until exec: nothing here may fail into other code, and errno, which
// is the parent's too, only ever is written where the kernel refuses.
static int become_helper(void *context) {
    const struct start *start = context;
    char *const arguments[] = {(char *)HELPER, (char *)ROLE, NULL}, *const environment[] = {NULL};
    sigset_t none;
    sigemptyset(&none);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
    // Both are above the places they are put to.
    for (int fd = 0; fd < REQUESTS_FD; fd++)
        if (dup2(start->null, fd) < 0) _exit(127);
    if (dup2(start->far, REQUESTS_FD) < 0) _exit(127);
    execve(start->path, arguments, environment);
    _exit(127);
}

// Has the helper begin on another processor at once. Many a kernel leaves a new process where it was made until its maker
// pauses, and this one is about to work for as long as the helper: they would go one after the other. Afterwards the helper may
// run everywhere again.
static void spread(pid_t pid) {
    cpu_set_t all, others;
    int here = sched_getcpu();
    if (here < 0 || here >= CPU_SETSIZE || sched_getaffinity(0, sizeof all, &all) < 0 || CPU_COUNT(&all) < 2) return;
    others = all;
    CPU_CLR(here, &others);
    if (sched_setaffinity(pid, sizeof others, &others) == 0) sched_setaffinity(pid, sizeof all, &all);
}

// The copy of a descriptor above all that the helper's own go to; the original is closed.
static int lift(int fd) {
    if (fd < 0) return -1;
    int lifted = fcntl(fd, F_DUPFD_CLOEXEC, 16);
    close(fd);
    return lifted;
}

// The first of all constructors: libraries have been loaded, nothing of this program has run.
__attribute__((constructor(101))) static void start_early(int count, char **arguments, char **environment) {
    (void)environment;
    static struct start start;
    static char stack[32 << 10] __attribute__((aligned(16)));
    int pair[2];
    if (!is_expected(count, arguments) || (is_terminal(0) && is_terminal(1)) || !find(start.path)) return;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return;
    start.far = lift(pair[1]);
    start.null = lift(open("/dev/null", O_RDWR | O_CLOEXEC));
    int near = lift(pair[0]);
    pid_t pid = start.far < 0 || start.null < 0 || near < 0 ? -1 : clone(become_helper, stack + sizeof stack, CLONE_VM | SIGCHLD, &start);
    if (start.far >= 0) close(start.far);
    if (start.null >= 0) close(start.null);
    if (pid > 0) {
        helper = (struct early_helper){.socket = near, .pid = pid};
        spread(pid);
    } else if (near >= 0) {
        close(near);
    }
}
