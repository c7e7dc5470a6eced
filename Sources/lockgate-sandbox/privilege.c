#include "privilege.h"

#include "system.h"

#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/securebits.h>
#include <sys/resource.h>

static int set_capabilities(uint64_t kept) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {
        {.effective = (uint32_t)kept, .permitted = (uint32_t)kept},
        {.effective = (uint32_t)(kept >> 32), .permitted = (uint32_t)(kept >> 32)},
    };
    return (int)SYS2(__NR_capset, &header, data);
}

int privilege_reduce(uint64_t kept, struct failure *f) {
    for (int capability = 0; capability < 64; capability++) {
        long n = SYS2(__NR_prctl, PR_CAPBSET_DROP, capability);
        if (n == -EINVAL) break; // past the kernel's last capability
        if (n < 0) return fail(f, STEP_CAPABILITIES, n, "bounding set");
    }
    long n = SYS2(__NR_prctl, PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED |
                      SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED);
    if (n < 0) return fail(f, STEP_CAPABILITIES, n, "secure bits");
    n = SYS5(__NR_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (n < 0) return fail(f, STEP_CAPABILITIES, n, "ambient set");
    n = SYS5(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (n < 0) return fail(f, STEP_CAPABILITIES, n, "no_new_privs");
    return privilege_keep(kept, f);
}

int privilege_keep(uint64_t kept, struct failure *f) {
    int n = set_capabilities(kept);
    return n < 0 ? fail(f, STEP_CAPABILITIES, n, "capset") : 0;
}

int privilege_give_up(struct failure *f) {
    // The bounding set takes a capability to change. no_new_privs alone keeps exec from gaining any, root's too.
    for (int capability = 0; capability < 64; capability++)
        if (SYS2(__NR_prctl, PR_CAPBSET_DROP, capability) < 0) break;
    SYS5(__NR_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    long n = SYS5(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return n < 0 ? fail(f, STEP_CAPABILITIES, n, "no_new_privs") : privilege_keep(0, f);
}

int privilege_drop(struct failure *f) { return privilege_keep(0, f); }

static int limit(int resource, uint64_t most) {
    struct { uint64_t soft, hard; } now;
    long n = SYS4(__NR_prlimit64, 0, resource, NULL, &now);
    if (n < 0) return (int)n;
    if (now.hard > most) now.hard = most;
    if (now.soft > most) now.soft = most;
    return (int)SYS4(__NR_prlimit64, 0, resource, &now, NULL);
}

int privilege_limit(const struct policy *policy, struct failure *f) {
    // 1 and not 0: a core_pattern that pipes into a program ignores 0, and that program is the host's (core(5)).
    long n = limit(RLIMIT_CORE, 1);
    // Without a user namespace the limit would count what the user runs elsewhere.
    if (n == 0 && policy->processes && !(policy->flags & FLAG_FENCED)) n = limit(RLIMIT_NPROC, policy->processes);
    return n < 0 ? fail(f, STEP_LIMITS, n, "setrlimit") : 0;
}
