// lockgate-sandbox: runs the commands of one session under a policy given by the agent. See zygote.h for its processes.
//
// Descriptors: 0-2 nothing, 3 the policy (memory file), 4 the socket on which commands arrive (request.h).
// No arguments, no environment. What goes wrong is told to the command that waits for it. For a single command the agent
// may start it under another role, its one argument: before the policy is known (advance.h), or to wait in the agent's place
// for the command's end (front.h).
#include "advance.h"
#include "contain.h"
#include "front.h"
#include "landlock.h"
#include "placeholder.h"
#include "report.h"
#include "survey.h"
#include "system.h"
#include "zygote.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

// Only holds names until the agent lets go.
static int keep(struct policy *policy) {
    struct report kept = {.kind = REPORT_KEPT};
    struct pollfd end = {REQUESTS_FD, 0, 0};
    report_send(REQUESTS_FD, &kept, true, -1, 0);
    while (!end.revents) SYS5(__NR_ppoll, &end, 1, NULL, NULL, 8);
    placeholders_remove(policy);
    return 0;
}

static int serve_session(unsigned uid, unsigned gid) {
    struct policy policy;
    struct failure f = {0};
    const char *wrong = contain_read_policy(POLICY_FD, &policy);
    SYS0(__NR_setsid);
    SYS3(__NR_close_range, REQUESTS_FD + 1, ~0u, 0);
    if (wrong) contain_refuse_policy(wrong);
    if (policy.flags & FLAG_SURVEY) return survey(REQUESTS_FD, uid, gid), 0;
    int lifeline[2], over[2] = {-1, -1};
    long n = SYS2(__NR_pipe2, lifeline, O_CLOEXEC);
    if (n == 0 && policy.flags & FLAG_ONE_SHOT) n = SYS2(__NR_pipe2, over, O_CLOEXEC);
    if (n < 0) fail(&f, STEP_SESSION, n, "pipe"), contain_refuse(&f);
    if (!(policy.flags & (FLAG_CONTAINED | FLAG_KEEPER))) {
        struct zygote z = {.policy = &policy, .requests = REQUESTS_FD, .lifeline = lifeline[0], .held = lifeline[1], .over = -1, .landlock_abi = landlock_abi(), .root = -1};
        zygote_serve(&z);
    }
    if (placeholders_make(&policy, &f) < 0) {
        placeholders_remove(&policy);
        if (policy.flags & FLAG_KEEPER) report_failure(REQUESTS_FD, &f), _exit(EXIT_SETUP);
        contain_refuse(&f);
    }
    if (policy.flags & FLAG_KEEPER) return keep(&policy);
    bool private_net = policy.flags & FLAG_PRIVATE_NET;
    int pidfd = -1;
    long init = SYS5(__NR_clone, CONTAIN_NAMESPACES | (private_net ? CLONE_NEWNET : 0) | CLONE_PIDFD | SIGCHLD, 0, &pidfd, 0, 0);
    if (init == 0) {
        sys_close(lifeline[1]);
        if (contain_begin(uid, gid, private_net, &f) < 0) contain_refuse(&f);
        contain_serve(&policy, lifeline[0], over[1]);
    }
    if (init < 0) {
        placeholders_remove(&policy);
        fail(&f, STEP_NAMESPACES, init, "clone");
        contain_refuse(&f);
    }
    if (over[1] >= 0) sys_close(over[1]);
    contain_monitor((int)init, pidfd, over[0]);
    placeholders_remove(&policy);
    return 0;
}

int main(int count, char **arguments) {
    unsigned uid = getuid(), gid = getgid();
    const char *role = count == 2 ? arguments[1] : "";
    if (count == 1) return serve_session(uid, gid);
    if (strcmp(role, ROLE_ADVANCE) == 0) advance_run(uid, gid, true);
    if (strcmp(role, ROLE_ADVANCE_NETWORK) == 0) advance_run(uid, gid, false);
    if (strcmp(role, ROLE_FRONT) == 0) front_run(false);
    if (strcmp(role, ROLE_FRONT_OF_NAMES) == 0) front_run(true);
    static const char unknown[] = "lockgate-sandbox is run by lockgate: `lockgate sandbox -- CMD`\n";
    SYS3(__NR_write, 2, unknown, sizeof unknown - 1);
    return 2;
}
