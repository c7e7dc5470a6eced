// lockgate-sandbox: runs the commands of one session under a policy given by the agent. See zygote.h for its processes.
//
// Descriptors: 0-2 nothing, 3 the policy (memory file), 4 the socket on which commands arrive (request.h).
// No arguments, no environment. What goes wrong is told to the command that waits for it. For a single command that the
// agent does not stay for, see front.h.
#include "front.h"
#include "landlock.h"
#include "placeholder.h"
#include "privilege.h"
#include "request.h"
#include "survey.h"
#include "system.h"
#include "view.h"
#include "zygote.h"

#include <linux/capability.h>
#include <linux/prctl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { POLICY_FD = 3, REQUESTS_FD = 4, EXIT_SETUP = 125 };
#define CAP(bit) (1ull << (bit))

static const char *read_policy(struct policy *policy) {
    struct stat s;
    if (SYS4(__NR_newfstatat, POLICY_FD, "", &s, AT_EMPTY_PATH) < 0 || s.st_size <= 0 || s.st_size > (long)POLICY_MAX_BYTES) return "no policy on descriptor 3";
    uint8_t *bytes = malloc((size_t)s.st_size);
    if (!bytes) return "out of memory";
    long n = SYS4(__NR_pread64, POLICY_FD, bytes, s.st_size, 0);
    if (n != s.st_size) return "the policy could not be read";
    sys_close(POLICY_FD);
    return policy_parse(policy, MESSAGE_POLICY, bytes, (size_t)n);
}

static _Noreturn void refuse(const struct failure *f) {
    request_refuse_all(REQUESTS_FD, true, f);
    _exit(EXIT_SETUP);
}

// The init of the session's namespaces.
static _Noreturn void contain(struct policy *policy, int lifeline, int over, unsigned uid, unsigned gid) {
    struct failure f = {0};
    SYS2(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL);
    placeholders_forget(policy);
    struct zygote z = {.policy = policy, .requests = REQUESTS_FD, .lifeline = lifeline, .held = -1, .over = over, .landlock_abi = landlock_abi(), .root = -1};
    if (policy->flags & FLAG_OUTER_PROC && z.landlock_abi < LANDLOCK_SCOPES_SIGNALS) fail(&f, STEP_LANDLOCK, -EOPNOTSUPP, "signal scope"), refuse(&f);
    if (view_map_identity(uid, gid, &f) < 0) refuse(&f);
    // While /proc/sys can be written.
    if (policy->flags & FLAG_PRIVATE_NET && view_raise_loopback(gid, &f) < 0) refuse(&f);
    if (view_build(policy, &f) < 0) refuse(&f);
    z.root = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (z.root < 0) fail(&f, STEP_PRIVATE_FOLDERS, z.root, "/"), refuse(&f);
    // What inits need to mount for their commands; the first to see folders that only their owner may open up.
    if (privilege_reduce(CAP(CAP_SYS_PTRACE) | CAP(CAP_SYS_ADMIN) | CAP(CAP_DAC_OVERRIDE), &f) < 0) refuse(&f);
    SYS5(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
    zygote_serve(&z);
}

static void contain_only_command(struct policy *policy, unsigned uid, unsigned gid) { contain(policy, -1, -1, uid, gid); }

// To the agent where it waits, and to the user where this is all that is left of it: elsewhere descriptor 2 is no place.
static _Noreturn void refuse_policy(const char *wrong) {
    static const char end[] = ": the helper and the program are of different versions? Install both from one release.\n";
    struct failure f = {0};
    SYS3(__NR_write, 2, "lockgate: ", 10);
    SYS3(__NR_write, 2, wrong, strlen(wrong));
    SYS3(__NR_write, 2, end, sizeof end - 1);
    fail(&f, STEP_POLICY, -EINVAL, wrong);
    refuse(&f);
}

// Outside: waits for the end of the zygote or of the agent, whichever comes first, or of the only command: then nothing
// is left but namespaces that the kernel takes down in its own time.
static void monitor(int zygote, int pidfd, int over) {
    for (;;) {
        struct pollfd fds[] = {{pidfd, POLLIN, 0}, {REQUESTS_FD, 0, 0}, {over, POLLIN, 0}};
        long n = SYS5(__NR_ppoll, fds, 3, NULL, NULL, 8);
        if (n < 0) continue;
        if (fds[2].revents & POLLIN) return;
        if (fds[1].revents) SYS4(__NR_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
        if (fds[0].revents || fds[1].revents) break;
        if (fds[2].revents) over = -1; // no word: its end is told by the pidfd
    }
    SYS4(__NR_wait4, zygote, NULL, __WALL, NULL);
}

// Only holds names until the agent lets go.
static int keep(struct policy *policy) {
    struct report kept = {.kind = REPORT_KEPT};
    struct pollfd end = {REQUESTS_FD, 0, 0};
    report_send(REQUESTS_FD, &kept, true, -1, 0);
    while (!end.revents) SYS5(__NR_ppoll, &end, 1, NULL, NULL, 8);
    placeholders_remove(policy);
    return 0;
}

int main(void) {
    struct policy policy;
    struct failure f = {0};
    const char *wrong = read_policy(&policy);
    unsigned uid = getuid(), gid = getgid();
    if (!wrong && policy.flags & FLAG_FRONT) front_run(&policy, REQUESTS_FD, uid, gid, contain_only_command);
    SYS0(__NR_setsid);
    SYS3(__NR_close_range, REQUESTS_FD + 1, ~0u, 0);
    if (wrong) refuse_policy(wrong);
    if (policy.flags & FLAG_SURVEY) return survey(REQUESTS_FD, uid, gid), 0;
    int lifeline[2], over[2] = {-1, -1};
    long n = SYS2(__NR_pipe2, lifeline, O_CLOEXEC);
    if (n == 0 && policy.flags & FLAG_ONE_SHOT) n = SYS2(__NR_pipe2, over, O_CLOEXEC);
    if (n < 0) fail(&f, STEP_SESSION, n, "pipe"), refuse(&f);
    if (!(policy.flags & (FLAG_CONTAINED | FLAG_KEEPER))) {
        struct zygote z = {.policy = &policy, .requests = REQUESTS_FD, .lifeline = lifeline[0], .held = lifeline[1], .over = -1, .landlock_abi = landlock_abi(), .root = -1};
        zygote_serve(&z);
    }
    if (placeholders_make(&policy, &f) < 0) {
        placeholders_remove(&policy);
        if (policy.flags & FLAG_KEEPER) report_failure(REQUESTS_FD, &f), _exit(EXIT_SETUP);
        refuse(&f);
    }
    if (policy.flags & FLAG_KEEPER) return keep(&policy);
    unsigned long flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_PIDFD | SIGCHLD;
    if (policy.flags & FLAG_PRIVATE_NET) flags |= CLONE_NEWNET;
    int pidfd = -1;
    long zygote = SYS5(__NR_clone, flags, 0, &pidfd, 0, 0);
    if (zygote == 0) {
        sys_close(lifeline[1]);
        contain(&policy, lifeline[0], over[1], uid, gid);
    }
    if (zygote < 0) {
        placeholders_remove(&policy);
        fail(&f, STEP_NAMESPACES, zygote, "clone");
        refuse(&f);
    }
    if (over[1] >= 0) sys_close(over[1]);
    monitor((int)zygote, pidfd, over[0]);
    placeholders_remove(&policy);
    return 0;
}
