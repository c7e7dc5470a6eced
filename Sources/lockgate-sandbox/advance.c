#include "advance.h"

#include "contain.h"
#include "placeholder.h"
#include "system.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

union one_descriptor {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int))];
};

// The policy's memory file, or a negative errno: also when the other side has let go.
static int receive_policy(int socket) {
    uint32_t magic = 0;
    union one_descriptor control;
    struct iovec part = {&magic, sizeof magic};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    long n;
    do n = SYS3(__NR_recvmsg, socket, &message, MSG_CMSG_CLOEXEC);
    while (n == -EINTR);
    if (n <= 0) return n < 0 ? (int)n : -EPIPE;
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(int))) return -EBADMSG;
    int file;
    memcpy(&file, CMSG_DATA(c), sizeof file);
    if (n == sizeof magic && magic == POLICY_COMES && !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) return file;
    sys_close(file);
    return -EBADMSG;
}

static int pass_policy(int socket, int file) {
    uint32_t magic = POLICY_COMES;
    union one_descriptor control = {0};
    struct iovec part = {&magic, sizeof magic};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    control.align = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof file), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.align), &file, sizeof file);
    long n = SYS3(__NR_sendmsg, socket, &message, MSG_NOSIGNAL);
    return n < 0 ? (int)n : 0;
}

// What is read twice is the same twice: sealed by the agent, and looked at here.
static bool is_sealed(int file) {
    long seals = SYS3(__NR_fcntl, file, F_GET_SEALS, 0);
    return seals >= 0 && (seals & (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)) == (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW);
}

static const char *accept_policy(int file, bool private_net, struct policy *policy) {
    if (!is_sealed(file)) return "the policy could still change";
    int copy = (int)SYS3(__NR_fcntl, file, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return "no descriptor left";
    const char *wrong = contain_read_policy(copy, policy);
    if (wrong) return wrong;
    const uint32_t needed = FLAG_CONTAINED | FLAG_ONE_SHOT | (private_net ? FLAG_PRIVATE_NET : 0);
    return (policy->flags & ~(uint32_t)FLAG_OUTER_PROC) == needed ? NULL : "a policy for other namespaces";
}

// In the new namespaces: gets ready, waits for the policy, and has the process outside reserve the names that it asks for.
static _Noreturn void enter(int outside, int over, unsigned uid, unsigned gid, bool private_net) {
    struct policy policy;
    struct failure f = {0};
    char done;
    bool is_ready = contain_begin(uid, gid, private_net, &f) == 0;
    int file = receive_policy(REQUESTS_FD);
    if (file < 0) _exit(0); // the agent does without
    const char *wrong = accept_policy(file, private_net, &policy);
    if (wrong) contain_refuse_policy(wrong);
    if (!is_ready) contain_refuse(&f);
    if (policy.placeholder_count > 0) {
        long n = pass_policy(outside, file);
        if (n == 0) n = SYS6(__NR_recvfrom, outside, &done, sizeof done, 0, NULL, NULL);
        if (n <= 0) _exit(0); // it has said why
    }
    sys_close(file);
    sys_close(outside);
    contain_serve(&policy, -1, over);
}

// Reserves the names of the policy that the init passes on, if it does before its end or the agent's.
static void reserve_names(int inside, int pidfd, struct policy *policy) {
    struct failure f = {0};
    struct pollfd fds[] = {{inside, POLLIN, 0}, {REQUESTS_FD, 0, 0}};
    while (!fds[0].revents && !fds[1].revents) SYS5(__NR_ppoll, fds, 2, NULL, NULL, 8);
    if (!(fds[0].revents & POLLIN)) return;
    int file = receive_policy(inside);
    if (file < 0) return;
    const char *wrong = contain_read_policy(file, policy);
    if (!wrong && placeholders_make(policy, &f) == 0) {
        SYS6(__NR_sendto, inside, "", 1, MSG_NOSIGNAL, NULL, 0);
        return;
    }
    SYS4(__NR_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    if (wrong) contain_refuse_policy(wrong);
    placeholders_remove(policy);
    contain_refuse(&f);
}

_Noreturn void advance_run(unsigned uid, unsigned gid, bool private_net) {
    struct policy policy = {0};
    struct failure f = {0};
    int inner[2] = {-1, -1}, over[2] = {-1, -1}, pidfd = -1;
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    SYS0(__NR_setsid);
    SYS3(__NR_close_range, REQUESTS_FD + 1, ~0u, 0);
    long init = SYS2(__NR_pipe2, over, O_CLOEXEC);
    if (init == 0) init = SYS4(__NR_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, inner);
    if (init < 0) fail(&f, STEP_SESSION, init, "socketpair");
    else {
        init = SYS5(__NR_clone, CONTAIN_NAMESPACES | (private_net ? CLONE_NEWNET : 0) | CLONE_PIDFD | SIGCHLD, 0, &pidfd, 0, 0);
        if (init == 0) {
            sys_close(inner[0]);
            sys_close(over[0]);
            enter(inner[1], over[1], uid, gid, private_net);
        }
        if (init < 0) fail(&f, STEP_NAMESPACES, init, "clone");
    }
    if (init < 0) {
        if (receive_policy(REQUESTS_FD) < 0) _exit(0);
        contain_refuse(&f);
    }
    sys_close(inner[1]);
    sys_close(over[1]);
    reserve_names(inner[0], pidfd, &policy);
    sys_close(inner[0]);
    contain_monitor((int)init, pidfd, over[0]);
    placeholders_remove(&policy);
    _exit(0);
}
