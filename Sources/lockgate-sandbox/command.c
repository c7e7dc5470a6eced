#include "command.h"

#include "filter.h"
#include "landlock.h"
#include "privilege.h"
#include "system.h"

#include <asm/ioctls.h>
#include <linux/close_range.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

// What the command's process shares with its maker, in whose memory it runs until the program is loaded.
static struct launch {
    const struct policy *policy;
    const char *search_path;
    int rules, landlock_abi, master, listener, pid;
    uint32_t go;    // a futex: set when the command is known
    uint32_t alive; // a futex: the kernel clears it when the program is loaded, or with the process
    bool is_executing, has_failed;
    struct failure failure;
} launch = {.rules = -1, .master = -1, .listener = -1};

static const char *variable(const struct policy *policy, const char *name) {
    size_t length = strlen(name);
    for (size_t i = 0; i < policy->environment_count; i++)
        if (strncmp(policy->environment[i], name, length) == 0 && policy->environment[i][length] == '=') return policy->environment[i] + length + 1;
    return NULL;
}

static int open_terminal(const struct policy *policy, struct failure *f) {
    int master = sys_openat(AT_FDCWD, policy->flags & FLAG_CONTAINED ? "/dev/pts/ptmx" : "/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC, 0);
    if (master < 0) return fail(f, STEP_TERMINAL, master, "/dev/ptmx");
    int unlocked = 0;
    struct winsize size = {.ws_row = policy->rows, .ws_col = policy->columns};
    long n = SYS3(__NR_ioctl, master, TIOCSPTLCK, &unlocked);
    if (n == 0) n = SYS3(__NR_ioctl, master, TIOCSWINSZ, &size);
    if (n < 0) {
        sys_close(master);
        return fail(f, STEP_TERMINAL, n, "/dev/ptmx");
    }
    return master;
}

static int take_terminal(int master, struct failure *f) {
    int slave = (int)SYS3(__NR_ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0) return fail(f, STEP_TERMINAL, slave, "TIOCGPTPEER");
    long n = SYS3(__NR_ioctl, slave, TIOCSCTTY, 0);
    for (int fd = 0; n >= 0 && fd < 3; fd++) n = slave == fd ? SYS3(__NR_fcntl, fd, F_SETFD, 0) : SYS3(__NR_dup3, slave, fd, 0);
    return n < 0 ? fail(f, STEP_TERMINAL, n, "controlling terminal") : 0;
}

// A text file without `#!` runs under the shell, as execvp(3) does it.
static long execute_script(const char *path, char **arguments, size_t count, char **environment) {
    char **with_shell = calloc(count + 2, sizeof(char *));
    if (!with_shell) return -ENOMEM;
    with_shell[0] = "/bin/sh";
    with_shell[1] = (char *)path;
    memcpy(with_shell + 2, arguments + 1, (count - 1) * sizeof(char *));
    return SYS3(__NR_execve, "/bin/sh", with_shell, environment);
}

static long execute(const struct policy *policy, const char *path) {
    long n = SYS3(__NR_execve, path, policy->arguments, policy->environment);
    return n == -ENOEXEC ? execute_script(path, policy->arguments, policy->argument_count, policy->environment) : n;
}

static long execute_searching(const struct policy *policy, const char *search) {
    const char *name = policy->arguments[0];
    if (strchr(name, '/')) return execute(policy, name);
    if (!*name) return -ENOENT;
    long result = -ENOENT;
    for (const char *part = search;; part++) {
        const char *end = strchrnul(part, ':');
        char path[4096];
        size_t length = (size_t)(end - part);
        if (length + 2 + strlen(name) < sizeof path) {
            memcpy(path, part, length);
            if (length) path[length++] = '/';
            strcpy(path + length, name);
            long n = execute(policy, path);
            if (n == -EACCES) result = n; // keep looking; report it if nothing better comes
            else if (n != -ENOENT && n != -ENOTDIR) return n;
        }
        if (!*end) return result;
        part = end;
    }
}

// What does not depend on the command.
static int get_ready(const struct policy *session, struct failure *f) {
    long n = SYS0(__NR_setsid);
    if (n < 0) return fail(f, STEP_SESSION, n, NULL);
    uint64_t no_signals = 0;
    SYS4(__NR_rt_sigprocmask, SIG_SETMASK, &no_signals, NULL, sizeof no_signals);
    if (!(session->flags & FLAG_CONTAINED)) return 0;
    if (privilege_limit(session, f) < 0 || privilege_drop(f) < 0) return -1;
    // Nothing that is left to do needs a call which the filter refuses.
    launch.listener = filter_install(FILTER_MEDIATED);
    return launch.listener < 0 ? fail(f, STEP_SECCOMP, launch.listener, NULL) : 0;
}

static int put_on_the_rest(const struct policy *policy, struct failure *f) {
    if (launch.master >= 0 && take_terminal(launch.master, f) < 0) return -1;
    long n = SYS1(__NR_chdir, policy->cwd);
    if (n < 0) return fail(f, STEP_CWD, n, policy->cwd);
    if (policy->flags & FLAG_FENCED) {
        SYS2(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL); // no pid namespace does it
        if (privilege_limit(policy, f) < 0 || privilege_give_up(f) < 0) return -1;
    }
    if (policy->flags & (FLAG_CONTAINED | FLAG_FENCED) && landlock_confine(launch.rules, launch.landlock_abi, f) < 0) return -1;
    if (!(policy->flags & FLAG_FENCED)) return 0;
    n = filter_install(policy->flags & FLAG_KEEP_MODES ? FILTER_FENCED_KEEPS_MODES : FILTER_FENCED);
    return n < 0 ? fail(f, STEP_SECCOMP, n, NULL) : 0;
}

// Between clone and exec, in the maker's memory: raw calls only, and no return to the caller's frames.
static int become_command(void *session) {
    if (get_ready(session, &launch.failure) < 0) goto failed;
    while (!__atomic_load_n(&launch.go, __ATOMIC_ACQUIRE)) SYS4(__NR_futex, &launch.go, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, NULL);
    if (put_on_the_rest(launch.policy, &launch.failure) < 0) goto failed;
    launch.is_executing = true;
    if (launch.policy->flags & FLAG_PROBE) SYS1(__NR_exit_group, 0);
    long n = execute_searching(launch.policy, launch.search_path);
    fail(&launch.failure, STEP_EXEC, n, launch.policy->arguments[0]);
failed:
    launch.has_failed = true;
    SYS1(__NR_exit_group, 127);
    __builtin_unreachable();
}

int command_prepare(const struct policy *session, struct failure *f) {
    static char stack[64 << 10] __attribute__((aligned(16)));
    launch.alive = 1;
    // Shared descriptors carry the notification listener over; exec gives the command its own table without it. Its end,
    // and the loading of the program, are told as to a thread that joins another: until then it must not be waited for.
    int pid = clone(become_command, stack + sizeof stack, CLONE_VM | CLONE_FILES | CLONE_CHILD_CLEARTID | SIGCHLD, (void *)session, NULL, NULL, &launch.alive);
    if (pid < 0) return fail(f, STEP_SESSION, -errno, "clone");
    launch.pid = pid;
    return 0;
}

static int await_program(struct failure *f) {
    while (__atomic_load_n(&launch.alive, __ATOMIC_ACQUIRE)) SYS4(__NR_futex, &launch.alive, FUTEX_WAIT, 1, NULL); // the kernel wakes all sharers
    if (launch.is_executing && !launch.has_failed) return 0;
    if (launch.has_failed) *f = launch.failure;
    else fail(f, STEP_SESSION, -ECHILD, "the command's process was killed before it ran");
    SYS4(__NR_wait4, launch.pid, NULL, __WALL, NULL);
    return -1;
}

int command_start(const struct policy *policy, int rules, int landlock_abi, struct command *command, struct failure *f) {
    if (policy->flags & FLAG_FENCED && rules < 0) return fail(f, STEP_LANDLOCK, -EINVAL, "no fence");
    if (policy->flags & FLAG_TERMINAL && (launch.master = open_terminal(policy, f)) < 0) return -1;
    long n = SYS3(__NR_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC);
    if (n < 0) return fail(f, STEP_SESSION, n, "close_range");
    const char *search = variable(policy, "PATH");
    launch.policy = policy, launch.rules = rules, launch.landlock_abi = landlock_abi;
    launch.search_path = search ? search : "/usr/local/bin:/usr/bin:/bin";
    bool is_waiting = launch.pid > 0;
    __atomic_store_n(&launch.go, 1, __ATOMIC_RELEASE);
    if (is_waiting) SYS3(__NR_futex, &launch.go, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
    else if (command_prepare(policy, f) < 0) return -1;
    if (await_program(f) < 0) return -1;
    *command = (struct command){.pid = launch.pid, .master = launch.master, .listener = launch.listener};
    return 0;
}
