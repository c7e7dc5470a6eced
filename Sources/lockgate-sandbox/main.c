// lockgate-sandbox: runs one command under a policy given by the agent.
//
// Descriptors: 0-2 the command's, 3 the policy (memory file), 4 the status socket. No arguments, no environment.
// Processes:   this one stays outside as the monitor; its child is the init of the command's namespaces; the
//              command is init's child. Any of the three dying ends the others.
#include "command.h"
#include "landlock.h"
#include "placeholder.h"
#include "privilege.h"
#include "supervise.h"
#include "system.h"
#include "view.h"

#include <linux/capability.h>
#include <linux/prctl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { POLICY_FD = 3, STATUS_FD = 4, EXIT_SETUP = 125 };
#define CAP(bit) (1ull << (bit))

static const char *read_policy(struct policy *policy) {
    struct stat s;
    if (SYS4(__NR_newfstatat, POLICY_FD, "", &s, AT_EMPTY_PATH) < 0 || s.st_size <= 0 || s.st_size > (long)POLICY_MAX_BYTES) return "no policy on descriptor 3";
    uint8_t *bytes = malloc((size_t)s.st_size);
    if (!bytes) return "out of memory";
    long n = SYS4(__NR_pread64, POLICY_FD, bytes, s.st_size, 0);
    if (n != s.st_size) return "the policy could not be read";
    return policy_parse(policy, bytes, (size_t)n);
}

static void close_standard(void) {
    for (int fd = 0; fd < 3; fd++) sys_close(fd);
}

static _Noreturn void give_up(const struct failure *f) {
    report_failure(STATUS_FD, f);
    _exit(EXIT_SETUP);
}

// Starts the command, tells the agent, and stays until its end.
static void run(const struct policy *policy, struct supervision *s) {
    struct failure f = {0};
    s->status = STATUS_FD;
    s->signals = supervise_signals();
    if (s->signals < 0) fail(&f, STEP_SESSION, s->signals, "signalfd"), give_up(&f);
    if (command_start(policy, &s->command, &f) < 0) give_up(&f);
    close_standard();
    bool contained = policy->flags & FLAG_CONTAINED;
    struct report started = {.kind = REPORT_STARTED, .value = s->command.pid, .step = contained};
    report_send(STATUS_FD, &started, true, s->command.master, contained ? s->command.pid : 0);
    if (s->command.master >= 0) sys_close(s->command.master);
    // CAP_SYS_ADMIN was needed only to name the command's process to the agent.
    if (contained && privilege_keep(CAP(CAP_SYS_PTRACE), &f) < 0) _exit(EXIT_SETUP);
    supervise(s);
}

// The init of the new namespaces.
static _Noreturn void contain(struct policy *policy, unsigned uid, unsigned gid) {
    struct failure f = {0};
    int abi = landlock_abi();
    SYS2(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL);
    if (view_map_identity(uid, gid, &f) < 0 || view_build(policy, &f) < 0 || view_mount_proc(policy, &f) < 0) give_up(&f);
    if (policy->flags & FLAG_PRIVATE_NET && view_raise_loopback(&f) < 0) give_up(&f);
    // An own, empty session keyring: the user's would be reachable by possession although the calls are refused.
    SYS2(__NR_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, NULL);
    if (SYS1(__NR_chdir, "/") < 0) fail(&f, STEP_CWD, -EIO, "/"), give_up(&f);
    if (privilege_reduce(CAP(CAP_SYS_PTRACE) | CAP(CAP_SYS_ADMIN), &f) < 0) give_up(&f);
    if (landlock_confine(policy, abi, &f) < 0) give_up(&f);
    SYS5(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (policy->flags & FLAG_PROBE) {
        struct report layers = {.kind = REPORT_LAYERS, .value = abi};
        report_send(STATUS_FD, &layers, true, -1, 0);
    }
    struct supervision s = {.is_init = true, .abstract_allowed = policy->flags & FLAG_PRIVATE_NET || abi >= 6};
    run(policy, &s);
    _exit(0);
}

// Outside: waits for the end of init or of the agent, whichever comes first.
static void monitor(int init, int pidfd) {
    for (;;) {
        struct pollfd fds[] = {{pidfd, POLLIN, 0}, {STATUS_FD, 0, 0}};
        long n = SYS5(__NR_ppoll, fds, 2, NULL, NULL, 8);
        if (n < 0) continue;
        if (fds[1].revents) SYS4(__NR_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
        if (fds[0].revents || fds[1].revents) break;
    }
    SYS4(__NR_wait4, init, NULL, __WALL, NULL);
}

int main(void) {
    struct policy policy;
    struct failure f = {0};
    SYS0(__NR_setsid);
    SYS3(__NR_close_range, STATUS_FD + 1, ~0u, 0);
    const char *wrong = read_policy(&policy);
    if (wrong) fail(&f, STEP_POLICY, -EINVAL, wrong), give_up(&f);
    if (!(policy.flags & FLAG_CONTAINED)) {
        SYS2(__NR_prctl, PR_SET_CHILD_SUBREAPER, 1);
        struct supervision s = {.is_init = false};
        run(&policy, &s);
        return 0;
    }
    if (placeholders_make(&policy, &f) < 0) {
        placeholders_remove(&policy);
        give_up(&f);
    }
    unsigned uid = getuid(), gid = getgid();
    unsigned long flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_PIDFD | SIGCHLD;
    if (policy.flags & FLAG_PRIVATE_NET) flags |= CLONE_NEWNET;
    int pidfd = -1;
    long init = SYS5(__NR_clone, flags, 0, &pidfd, 0, 0);
    if (init == 0) contain(&policy, uid, gid);
    if (init < 0) {
        placeholders_remove(&policy);
        fail(&f, STEP_NAMESPACES, init, "clone");
        give_up(&f);
    }
    close_standard();
    monitor((int)init, pidfd);
    placeholders_remove(&policy);
    return 0;
}
