#include "zygote.h"

#include "landlock.h"
#include "privilege.h"
#include "request.h"
#include "supervise.h"
#include "system.h"
#include "view.h"

#include <linux/capability.h>
#include <linux/prctl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define CAP(bit) (1ull << (bit))
// Inits that end before they got a command, one after the other, until the zygote gives up.
#define MAX_LOST_INITS 8
enum { EXIT_UNUSED = 1 };
// What an init tells the zygote when its command runs: added to a counter, so that nothing said is lost.
#define TAKEN 1ull
#define TAKEN_AND_CHANGED (TAKEN | 1ull << 32)

static bool is_fenced(const struct zygote *z) { return z->policy->flags & FLAG_FENCED; }
static bool is_contained(const struct zygote *z) { return z->policy->flags & FLAG_CONTAINED; }

// Whether a command shares one Landlock domain with its init, which makes it after it has put that on. In the machine's network
// the init connects for the command, and must reach the command's own abstract sockets and nobody else's: two domains
// beside each other reach neither. Elsewhere the command alone has one, and its process can be made ahead.
static bool shares_domain(const struct zygote *z) { return !(z->policy->flags & FLAG_PRIVATE_NET); }

// Everything that does not depend on the command.
static int prepare(const struct zygote *z, int *signals, int *rules, struct failure *f) {
    *rules = -1;
    *signals = supervise_signals();
    if (*signals < 0) return fail(f, STEP_SESSION, *signals, "signalfd");
    if (!is_contained(z)) {
        long n = SYS2(__NR_prctl, PR_SET_CHILD_SUBREAPER, 1);
        if (n < 0) return fail(f, STEP_SESSION, n, "subreaper");
        if (!is_fenced(z)) return 0;
        SYS2(__NR_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, NULL);
        return landlock_fence(z->policy, z->landlock_abi, rules, f);
    }
    // An own, empty session keyring: the user's would be reachable by possession although the calls are refused.
    SYS2(__NR_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, NULL);
    // From here on beside what follows. It has the keyring already, and gets the mounts: it is in the same namespace.
    if (!shares_domain(z) && command_prepare(z->policy, f) < 0) return -1;
    if (view_make_own(z->policy, f) < 0) return -1;
    return landlock_rules(z->policy, z->landlock_abi, rules, f);
}

static int take_standard(const struct request *request, struct failure *f) {
    for (int fd = 0; request->standard[0] >= 0 && fd < 3; fd++) {
        long n = SYS3(__NR_dup3, request->standard[fd], fd, 0);
        if (n < 0) return fail(f, STEP_SESSION, n, "standard descriptors");
    }
    for (int i = 0; i < 3; i++)
        if (request->standard[i] >= 0) sys_close(request->standard[i]);
    return 0;
}

// Whether a mount of the session's view went away since this was last asked, by any of those who share the descriptor. A
// file that is replaced takes the mounts over it away in every namespace: what the session's view has lost, its copies have.
static bool has_changed(const struct zygote *z) {
    struct pollfd fd = {z->changes, POLLPRI, 0};
    struct timespec now = {0};
    return z->changes < 0 || SYS5(__NR_ppoll, &fd, 1, &now, NULL, 8) != 0;
}

// Whether the look at what is protected can be left out. The zygote has looked since the last change of a name (the agent
// says so, and watches the names) and since the last loss of a mount (the kernel says so); both must be asked.
static bool is_settled(const struct zygote *z, const struct policy *command) {
    bool changed = has_changed(z);
    return z->is_whole && !changed && command->flags & FLAG_UNCHANGED && !(command->flags & FLAG_OWN_PLAN);
}

// Puts on what depends on the command, runs it, and stays until its end.
static int run(const struct zygote *z, struct request *request, struct supervision *s, int rules, int taken, struct failure *f) {
    struct policy *command = &request->policy;
    bool contained = is_contained(z), settled = contained && is_settled(z, command);
    if (contained) {
        if (!settled && view_check(command->flags & FLAG_OWN_PLAN ? command : z->policy, f) < 0) return -1;
        long n = SYS1(__NR_chdir, "/");
        if (n < 0) return fail(f, STEP_CWD, n, "/");
        if (privilege_keep(CAP(CAP_SYS_PTRACE) | CAP(CAP_SYS_ADMIN), f) < 0) return -1;
    }
    if (take_standard(request, f) < 0) return -1;
    if (contained && shares_domain(z)) {
        if (landlock_confine(rules, z->landlock_abi, f) < 0) return -1;
        rules = -1;
    }
    command->flags |= z->policy->flags & (FLAG_CONTAINED | FLAG_FENCED | FLAG_KEEP_MODES);
    command->processes = z->policy->processes;
    if (command_start(command, rules, z->landlock_abi, &s->command, f) < 0) return -1;
    if (command->flags & FLAG_PROBE) {
        struct report layers = {.kind = REPORT_LAYERS, .value = z->landlock_abi};
        report_send(s->status, &layers, true, z->root, 0);
    }
    if (z->root >= 0) sys_close(z->root);
    if (z->changes >= 0) sys_close(z->changes);
    for (int fd = 0; fd < 3; fd++) sys_close(fd);
    struct report started = {.kind = REPORT_STARTED, .value = s->command.pid, .step = contained};
    report_send(s->status, &started, true, s->command.master, contained ? s->command.pid : 0);
    if (s->command.master >= 0) sys_close(s->command.master);
    uint64_t word = settled ? TAKEN : TAKEN_AND_CHANGED;
    if (taken >= 0) SYS3(__NR_write, taken, &word, sizeof word), sys_close(taken);
    // CAP_SYS_ADMIN was needed only to name the command's process to the agent.
    if (contained && privilege_keep(CAP(CAP_SYS_PTRACE), f) < 0) return -1;
    supervise(s);
    return 0;
}

// One command's init: gets ready, takes one command, and answers it in any case.
static _Noreturn void serve_one(const struct zygote *z, int taken) {
    struct failure f = {0}, refusal = {0};
    struct request request;
    int signals = -1, rules = -1;
    if (z->held >= 0) sys_close(z->held);
    bool is_ready = prepare(z, &signals, &rules, &f) == 0;
    enum request_result result = request_receive(z->requests, true, &request, &refusal);
    sys_close(z->requests); // its end must not be delayed by a running command
    if (result == REQUEST_ENDED) _exit(EXIT_UNUSED);
    if (request.channel < 0) _exit(0);
    struct supervision s = {
        .status = request.channel, .signals = signals, .is_init = is_contained(z), .lifeline = is_contained(z) ? -1 : z->lifeline,
        .outer_proc = z->policy->flags & FLAG_OUTER_PROC,
        .abstract_allowed = z->policy->flags & FLAG_PRIVATE_NET || z->landlock_abi >= 6,
    };
    if (result == REQUEST_REFUSED) report_failure(request.channel, &refusal);
    else if (!is_ready || run(z, &request, &s, rules, taken, &f) < 0) report_failure(request.channel, &f);
    else if (z->over >= 0) SYS3(__NR_write, z->over, "", 1);
    sys_close(request.channel); // told at once, and not when the kernel has taken the namespaces down
    _exit(0);
}

// Makes the next init. `must_look`: something may have changed since the last look at what is protected.
static long make_init(struct zygote *z, int taken, bool must_look) {
    // Asked before the look: what goes away meanwhile is told to whoever asks next.
    if (is_contained(z) && (has_changed(z) || must_look)) z->is_whole = z->changes >= 0 && view_is_whole(z->policy);
    unsigned long flags = SIGCHLD | (is_contained(z) ? CLONE_NEWPID | CLONE_NEWNS : 0);
    long pid = SYS5(__NR_clone, flags, 0, 0, 0, 0);
    if (pid == 0) serve_one(z, taken);
    return pid;
}

// Reaps inits. Returns whether `ready` was among them, and whether it ended without having had a command.
static bool reap(long ready, bool *lost) {
    bool among = false;
    long pid;
    int status;
    while ((pid = SYS4(__NR_wait4, -1, &status, WNOHANG | __WALL, NULL)) > 0)
        if (pid == ready) among = true, *lost = status != 0;
    return among;
}

void zygote_serve(const struct zygote *session) {
    struct zygote own = *session, *z = &own;
    z->changes = -1;
    if (z->policy->flags & FLAG_ONE_SHOT && is_contained(z)) serve_one(z, -1);
    if (is_contained(z)) z->changes = sys_openat(AT_FDCWD, "/proc/self/mountinfo", O_RDONLY | O_CLOEXEC, 0);
    struct failure f = {0};
    uint64_t count;
    char buffer[sizeof(struct signalfd_siginfo) * 8];
    int signals = supervise_signals(), taken = (int)SYS2(__NR_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (signals < 0 || taken < 0) {
        fail(&f, STEP_SESSION, signals < 0 ? signals : taken, "signalfd");
        request_refuse_all(z->requests, true, &f);
        _exit(0);
    }
    long ready = make_init(z, taken, true);
    for (int lost = 0; lost < MAX_LOST_INITS;) {
        // Without an init ready, a command is at the zygote's own door: it tries again, and refuses if it must.
        struct pollfd fds[] = {{signals, POLLIN, 0}, {taken, POLLIN, 0}, {z->requests, ready < 0 ? POLLIN : 0, 0}, {z->lifeline, 0, 0}};
        SYS5(__NR_ppoll, fds, 4, NULL, NULL, 8);
        if (fds[2].revents & (POLLHUP | POLLERR) || fds[3].revents) break;
        if (fds[1].revents && SYS3(__NR_read, taken, &count, sizeof count) > 0) {
            lost = 0;
            ready = z->policy->flags & FLAG_ONE_SHOT ? 0 : make_init(z, taken, count != TAKEN); // 0: the only command runs
        }
        if (fds[0].revents) {
            while (SYS3(__NR_read, signals, buffer, sizeof buffer) > 0);
            bool was_lost = false;
            if (reap(ready > 0 ? ready : -1, &was_lost)) lost = was_lost ? lost + 1 : 0, ready = make_init(z, taken, true);
            if (ready == 0) break;
        }
        if (ready < 0 && fds[2].revents & POLLIN) {
            ready = make_init(z, taken, true);
            if (ready < 0) fail(&f, STEP_NAMESPACES, ready, "clone"), request_refuse_all(z->requests, false, &f);
        }
    }
    _exit(0);
}
