#include "survey.h"

#include "landlock.h"
#include "report.h"
#include "system.h"
#include "view.h"

#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>

enum layer { USER, MOUNTS, PID, PROC, NET, IPC, SECCOMP, NOTIFICATION, PIDFD, OVERLAY, LAYERS };
static const char *const names[LAYERS] = {
    "user_namespaces", "mounts", "pid_namespaces", "fresh_proc", "net_namespaces", "ipc_namespaces",
    "seccomp_filter", "seccomp_notification", "pidfd_getfd", "overlay",
};

static int positive(long n) { return n < 0 ? (int)-n : 0; }

// The way the view is made, in small: private propagation, a folder of its own, a clone of a tree, a read-only root.
static int try_mounts(void) {
    long n = SYS1(__NR_unshare, CLONE_NEWNS);
    if (n == 0) n = sys_mount_setattr(AT_FDCWD, "/", LG_AT_RECURSIVE, 0, MS_PRIVATE);
    if (n == 0) n = sys_mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700");
    int tree = n < 0 ? -1 : sys_open_tree(AT_FDCWD, "/tmp", LG_OPEN_TREE_CLONE | O_CLOEXEC);
    if (n == 0 && tree < 0) n = tree;
    if (tree >= 0) sys_close(tree);
    return positive(n);
}

static int try_overlay(void) {
    long n = sys_mkdirat(AT_FDCWD, "/tmp/l", 0700);
    if (n == 0) n = sys_mkdirat(AT_FDCWD, "/tmp/u", 0700);
    if (n == 0) n = sys_mkdirat(AT_FDCWD, "/tmp/w", 0700);
    if (n == 0) n = sys_mkdirat(AT_FDCWD, "/tmp/o", 0700);
    if (n == 0) n = sys_mount("overlay", "/tmp/o", "overlay", 0, "userxattr,lowerdir=/tmp/l,upperdir=/tmp/u,workdir=/tmp/w");
    return positive(n);
}

static void wait_for(long pid) {
    while (SYS4(__NR_wait4, pid, NULL, __WALL, NULL) == -EINTR);
}

static _Noreturn void leave(void) {
    SYS1(__NR_exit_group, 0);
    __builtin_unreachable();
}

// In a user namespace of its own. Shared memory takes the results.
static _Noreturn void try_namespaces(int *result, unsigned uid, unsigned gid) {
    struct failure f = {0};
    result[USER] = view_map_identity(uid, gid, &f) < 0 ? f.error : 0;
    if (result[USER]) leave();
    result[NET] = positive(SYS1(__NR_unshare, CLONE_NEWNET));
    result[IPC] = positive(SYS1(__NR_unshare, CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP));
    result[MOUNTS] = try_mounts();
    if (!result[MOUNTS]) result[OVERLAY] = try_overlay();
    result[PID] = positive(SYS1(__NR_unshare, CLONE_NEWPID));
    if (result[PID] || result[MOUNTS]) leave();
    long init = SYS5(__NR_clone, SIGCHLD, 0, 0, 0, 0);
    if (init == 0) {
        result[PROC] = positive(sys_mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
        if (!result[PROC]) result[MOUNTS] = positive(sys_mount_setattr(AT_FDCWD, "/", LG_AT_RECURSIVE, LG_MOUNT_ATTR_RDONLY, 0));
        leave();
    }
    if (init < 0) result[PID] = positive(init);
    else wait_for(init);
    leave();
}

static int try_pidfd(void) {
    long pidfd = SYS2(__NR_pidfd_open, SYS0(__NR_getpid), 0);
    if (pidfd < 0) return positive(pidfd);
    long copy = SYS3(__NR_pidfd_getfd, pidfd, 0, 0);
    sys_close((int)pidfd);
    if (copy >= 0) sys_close((int)copy);
    return positive(copy);
}

static int try_action(uint32_t action) {
    return positive(SYS3(__NR_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
}

void survey(int socket, unsigned uid, unsigned gid) {
    struct report report = {.kind = REPORT_SURVEY};
    int *result = mmap(NULL, sizeof(int) * LAYERS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (result == MAP_FAILED) {
        struct failure f;
        fail(&f, STEP_SESSION, -ENOMEM, "mmap");
        return report_failure(socket, &f);
    }
    for (int i = 0; i < LAYERS; i++) result[i] = ECANCELED;
    result[SECCOMP] = try_action(SECCOMP_RET_ERRNO);
    result[NOTIFICATION] = try_action(SECCOMP_RET_USER_NOTIF);
    result[PIDFD] = try_pidfd();
    long child = SYS5(__NR_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) try_namespaces(result, uid, gid);
    if (child < 0) result[USER] = positive(child);
    else wait_for(child);
    size_t used = (size_t)snprintf(report.text, sizeof report.text, "landlock_abi %d\n", landlock_abi());
    for (int i = 0; i < LAYERS; i++) used += (size_t)snprintf(report.text + used, sizeof report.text - used, "%s %d\n", names[i], result[i]);
    report.text_length = (uint32_t)used;
    report_send(socket, &report, true, -1, 0);
}
