#include "contain.h"

#include "landlock.h"
#include "placeholder.h"
#include "privilege.h"
#include "request.h"
#include "system.h"
#include "view.h"
#include "zygote.h"

#include <linux/capability.h>
#include <linux/prctl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CAP(bit) (1ull << (bit))

const char *contain_read_policy(int file, struct policy *policy) {
    struct stat s;
    if (SYS4(__NR_newfstatat, file, "", &s, AT_EMPTY_PATH) < 0 || s.st_size <= 0 || s.st_size > (long)POLICY_MAX_BYTES) return "no policy came";
    uint8_t *bytes = malloc((size_t)s.st_size);
    if (!bytes) return "out of memory";
    long n = SYS4(__NR_pread64, file, bytes, s.st_size, 0);
    if (n != s.st_size) return "the policy could not be read";
    sys_close(file);
    return policy_parse(policy, MESSAGE_POLICY, bytes, (size_t)n);
}

_Noreturn void contain_refuse(const struct failure *f) {
    request_refuse_all(REQUESTS_FD, true, f);
    _exit(EXIT_SETUP);
}

// To the agent where it waits, and to the user where this is all that is left of it: elsewhere descriptor 2 is no place.
_Noreturn void contain_refuse_policy(const char *wrong) {
    static const char end[] = ": the helper and the program are of different versions? Install both from one release.\n";
    struct failure f = {0};
    SYS3(__NR_write, 2, "lockgate: ", 10);
    SYS3(__NR_write, 2, wrong, strlen(wrong));
    SYS3(__NR_write, 2, end, sizeof end - 1);
    fail(&f, STEP_POLICY, -EINVAL, wrong);
    contain_refuse(&f);
}

int contain_begin(unsigned uid, unsigned gid, bool private_net, struct failure *f) {
    SYS2(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL);
    if (view_map_identity(uid, gid, f) < 0) return -1;
    return private_net ? view_raise_loopback(gid, f) : 0; // while /proc/sys can be written
}

_Noreturn void contain_serve(struct policy *policy, int lifeline, int over) {
    struct failure f = {0};
    placeholders_forget(policy);
    struct zygote z = {.policy = policy, .requests = REQUESTS_FD, .lifeline = lifeline, .held = -1, .over = over, .landlock_abi = landlock_abi(), .root = -1};
    if (policy->flags & FLAG_OUTER_PROC && z.landlock_abi < LANDLOCK_SCOPES_SIGNALS) fail(&f, STEP_LANDLOCK, -EOPNOTSUPP, "signal scope"), contain_refuse(&f);
    if (view_build(policy, &f) < 0) contain_refuse(&f);
    z.root = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (z.root < 0) fail(&f, STEP_PRIVATE_FOLDERS, z.root, "/"), contain_refuse(&f);
    // What inits need to mount for their commands; the first to see folders that only their owner may open up.
    if (privilege_reduce(CAP(CAP_SYS_PTRACE) | CAP(CAP_SYS_ADMIN) | CAP(CAP_DAC_OVERRIDE), &f) < 0) contain_refuse(&f);
    SYS5(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
    zygote_serve(&z);
}

// After the only command nothing is left but namespaces that the kernel takes down in its own time.
void contain_monitor(int init, int pidfd, int over) {
    for (;;) {
        struct pollfd fds[] = {{pidfd, POLLIN, 0}, {REQUESTS_FD, 0, 0}, {over, POLLIN, 0}};
        long n = SYS5(__NR_ppoll, fds, 3, NULL, NULL, 8);
        if (n < 0) continue;
        if (fds[2].revents & POLLIN) return;
        if (fds[1].revents) SYS4(__NR_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
        if (fds[0].revents || fds[1].revents) break;
        if (fds[2].revents) over = -1; // no word: its end is told by the pidfd
    }
    SYS4(__NR_wait4, init, NULL, __WALL, NULL);
}
