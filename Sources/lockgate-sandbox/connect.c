#include "connect.h"

#include "address.h"
#include "report.h"
#include "system.h"

#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <sys/un.h>

// A server that accepts slowly keeps as many callers waiting as a stress test has threads; stacks are paid for when used.
#define MAX_WORKERS 256
#define WORKER_STACK (16 << 10)
#define MAX_DENIALS 256
#define LG_PIDFD_THREAD O_EXCL

// Not in the headers of user space: the kernel makes the call again, or EINTR of it, as the signal's handler wants.
#define LG_ERESTARTSYS 512

// A connect that may block runs beside the supervisor, in its memory, on a slot's stack.
struct worker {
    int pid; // 0: free
    unsigned thread; // the caller
    bool is_interrupted;
    int listener, socket, held;
    uint64_t id;
    union address address;
    unsigned length;
    char stack[WORKER_STACK] __attribute__((aligned(16)));
};
static struct worker workers[MAX_WORKERS];
// Slots that have been in use: the others are memory that no command should pay for by looking into it.
static int used_workers;

static void answer(int listener, uint64_t id, long result) {
    struct seccomp_notif_resp response = {.id = id, .val = 0, .error = result < 0 ? (int)result : 0};
    SYS3(__NR_ioctl, listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

static size_t append_number(char *text, size_t at, unsigned value) {
    char digits[12];
    size_t n = 0;
    do digits[n++] = (char)('0' + value % 10);
    while (value /= 10);
    while (n) text[at++] = digits[--n];
    text[at] = '\0';
    return at;
}

static int thread_group(unsigned thread) {
    char path[48] = "/proc/", text[1024];
    size_t at = append_number(path, 6, thread);
    strcpy(path + at, "/status");
    int fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return fd;
    long n = SYS3(__NR_read, fd, text, sizeof text - 1);
    sys_close(fd);
    if (n <= 0) return -ESRCH;
    text[n] = '\0';
    const char *field = strstr(text, "\nTgid:");
    if (!field) return -ESRCH;
    int group = 0;
    for (field += 6; *field == ' ' || *field == '\t'; field++);
    for (; *field >= '0' && *field <= '9'; field++) group = group * 10 + (*field - '0');
    return group;
}

// A duplicate of the caller's descriptor. The caller may be any thread; before 6.9 only leaders have a pidfd.
static int duplicate_socket(const struct connect_supervisor *s, unsigned thread, int fd) {
    int pidfd = (int)SYS2(__NR_pidfd_open, thread, LG_PIDFD_THREAD);
    if (pidfd == -EINVAL && !s->outer_proc) {
        int group = thread_group(thread);
        pidfd = group < 0 ? group : (int)SYS2(__NR_pidfd_open, group, 0);
    }
    if (pidfd < 0) return pidfd;
    int copy = (int)SYS3(__NR_pidfd_getfd, pidfd, fd, 0);
    sys_close(pidfd);
    return copy;
}

static int read_address(unsigned thread, uint64_t from, unsigned length, union address *address) {
    struct iovec local = {address->bytes, length}, remote = {(void *)(uintptr_t)from, length};
    memset(address, 0, sizeof *address);
    long n = SYS6(__NR_process_vm_readv, thread, &local, 1, &remote, 1, 0);
    return n < 0 ? (int)n : n == (long)length ? 0 : -EFAULT;
}

static void report_denial(struct connect_supervisor *s, const char *name, size_t length) {
    if (s->denials++ >= MAX_DENIALS) return;
    struct report report = {.kind = REPORT_DENIED, .step = AF_UNIX, .text_length = (uint32_t)length};
    if (length > sizeof report.text) length = sizeof report.text;
    memcpy(report.text, name, length);
    report_send(s->status, &report, false, -1, 0);
}

// The number that /proc knows a thread by. Where that is not the number the kernel notifies with, a pidfd translates.
static int number_in_proc(const struct connect_supervisor *s, unsigned thread) {
    if (!s->outer_proc) return (int)thread;
    int pidfd = (int)SYS2(__NR_pidfd_open, thread, LG_PIDFD_THREAD); // 6.9; signal scope, needed here, is younger
    if (pidfd < 0) return pidfd;
    char path[48] = "/proc/self/fdinfo/", text[512];
    append_number(path, 18, (unsigned)pidfd);
    int fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    long n = fd < 0 ? fd : SYS3(__NR_read, fd, text, sizeof text - 1);
    if (fd >= 0) sys_close(fd);
    sys_close(pidfd);
    if (n <= 0) return n < 0 ? (int)n : -ESRCH;
    text[n] = '\0';
    const char *field = strstr(text, "\nPid:\t");
    int number = 0;
    for (field = field ? field + 6 : ""; *field >= '0' && *field <= '9' && number < 1 << 26; field++) number = number * 10 + (*field - '0');
    return number > 0 ? number : -ESRCH;
}

static int open_cwd(const struct connect_supervisor *s, unsigned thread, uint64_t id) {
    int number = number_in_proc(s, thread);
    if (number < 0) return number;
    char cwd[48] = "/proc/";
    strcpy(cwd + append_number(cwd, 6, (unsigned)number), "/cwd");
    int folder = sys_openat(AT_FDCWD, cwd, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (folder < 0) return folder;
    // The thread still waits, so its number meant no other all the while.
    int n = (int)SYS3(__NR_ioctl, s->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id);
    if (n == 0) return folder;
    sys_close(folder);
    return n;
}

// Turns a pathname address into one that names exactly the checked socket. Returns a handle to keep until connected,
// or what connect shall fail with.
static int resolve_local(struct connect_supervisor *s, const struct seccomp_notif *request, const char *path, union address *address, unsigned *length) {
    int base = AT_FDCWD;
    if (path[0] != '/') {
        base = open_cwd(s, request->pid, request->id);
        if (base < 0) return base;
    }
    // Magic links would resolve to the supervisor's own descriptors.
    int handle = sys_openat2(base, path, O_PATH | O_CLOEXEC, LG_RESOLVE_NO_MAGICLINKS);
    if (base != AT_FDCWD) sys_close(base);
    if (handle < 0) return handle;
    struct stat inode;
    struct statfs mount;
    char link[48] = "/proc/self/fd/";
    append_number(link, 14, (unsigned)handle);
    long n = SYS4(__NR_newfstatat, handle, "", &inode, AT_EMPTY_PATH);
    if (n == 0) n = SYS2(__NR_fstatfs, handle, &mount);
    if (n == 0 && !S_ISSOCK(inode.st_mode)) n = -ECONNREFUSED;
    if (n == 0 && mount.f_flags & ST_RDONLY) {
        char name[4096];
        long known = SYS4(__NR_readlinkat, AT_FDCWD, link, name, sizeof name);
        report_denial(s, known > 0 ? name : path, known > 0 ? (size_t)known : strlen(path));
        n = -EACCES;
    }
    if (n < 0) {
        sys_close(handle);
        return (int)n;
    }
    strcpy(address->local.sun_path, link);
    *length = (unsigned)(offsetof(struct sockaddr_un, sun_path) + strlen(link) + 1);
    return handle;
}

static int connect_beside(void *context) {
    struct worker *w = context;
    long result = SYS3(__NR_connect, w->socket, &w->address, w->length);
    answer(w->listener, w->id, result);
    SYS1(__NR_exit, 0);
    return 0;
}

static long start_worker(int listener, uint64_t id, unsigned thread, int socket, int held, const union address *address, unsigned length) {
    for (int i = 0; i < MAX_WORKERS; i++) {
        struct worker *w = &workers[i];
        if (w->pid) continue;
        if (i >= used_workers) used_workers = i + 1;
        w->thread = thread, w->is_interrupted = false;
        w->listener = listener, w->id = id, w->socket = socket, w->held = held, w->address = *address, w->length = length;
        int pid = clone(connect_beside, w->stack + sizeof w->stack, CLONE_VM | CLONE_FILES | CLONE_FS | SIGCHLD, w);
        if (pid < 0) return -EAGAIN;
        w->pid = pid;
        return 0;
    }
    return -EAGAIN;
}

// The worker was killed for a signal to its caller, or ended a moment before. An answer given already is refused.
static void end_interrupted(const struct worker *w) {
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;
    long connected = SYS3(__NR_getpeername, w->socket, &peer, &size);
    answer(w->listener, w->id, connected == 0 ? 0 : -LG_ERESTARTSYS);
}

bool connect_worker_ended(int pid) {
    for (int i = 0; i < used_workers; i++) {
        struct worker *w = &workers[i];
        if (w->pid != pid) continue;
        w->pid = 0;
        if (w->is_interrupted) end_interrupted(w);
        sys_close(w->socket);
        if (w->held >= 0) sys_close(w->held);
        return true;
    }
    return false;
}

bool connect_waits(void) {
    for (int i = 0; i < used_workers; i++)
        if (workers[i].pid) return true;
    return false;
}

// A hexadecimal field of /proc/PID/status; none is no signal.
static uint64_t signal_set(const char *text, const char *name) {
    const char *field = strstr(text, name);
    uint64_t set = 0;
    for (field = field ? field + strlen(name) : ""; *field == '\t' || *field == ' '; field++);
    for (;; field++) {
        if (*field >= '0' && *field <= '9') set = set << 4 | (uint64_t)(*field - '0');
        else if (*field >= 'a' && *field <= 'f') set = set << 4 | (uint64_t)(*field - 'a' + 10);
        else return set;
    }
}

static bool has_signal(const struct connect_supervisor *s, unsigned thread) {
    int number = number_in_proc(s, thread);
    if (number < 0) return false;
    char path[48] = "/proc/", text[4096];
    strcpy(path + append_number(path, 6, (unsigned)number), "/status");
    int fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return false;
    long n = SYS3(__NR_read, fd, text, sizeof text - 1);
    sys_close(fd);
    if (n <= 0) return false;
    text[n] = '\0';
    return (signal_set(text, "\nSigPnd:") | signal_set(text, "\nShdPnd:")) & ~signal_set(text, "\nSigBlk:") & ~signal_set(text, "\nSigIgn:");
}

void connect_look_for_signals(const struct connect_supervisor *s) {
    for (int i = 0; i < used_workers; i++) {
        struct worker *w = &workers[i];
        if (!w->pid || w->is_interrupted) continue;
        uint64_t id = w->id;
        bool waits = SYS3(__NR_ioctl, w->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
        if (waits && !has_signal(s, w->thread)) continue;
        w->is_interrupted = true;
        SYS2(__NR_kill, w->pid, SIGKILL);
    }
}

// Decides and connects. Returns 1 when a worker will answer, else the result of the caller's connect.
static long connect_for(struct connect_supervisor *s, const struct seccomp_notif *request) {
    unsigned thread = request->pid, length = (unsigned)request->data.args[2];
    union address address;
    if ((int)length < 0 || length > sizeof address) return -EINVAL;
    int socket = duplicate_socket(s, thread, (int)request->data.args[0]);
    if (socket < 0) return socket;
    int held = -1, domain = 0;
    socklen_t size = sizeof domain;
    long n = read_address(thread, request->data.args[1], length, &address);
    // Only now is it certain that `thread` still is the caller and not a reused number.
    uint64_t id = request->id;
    if (n == 0) n = SYS3(__NR_ioctl, s->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id);
    if (n == 0) n = SYS5(__NR_getsockopt, socket, SOL_SOCKET, SO_DOMAIN, &domain, &size);
    char path[ADDRESS_PATH_SIZE];
    switch (n < 0 ? ADDRESS_OTHER : address_classify(domain, &address, length, path)) {
    case ADDRESS_PATH: n = held = resolve_local(s, request, path, &address, &length); break;
    case ADDRESS_INVALID: n = -EINVAL; break;
    case ADDRESS_ABSTRACT:
        if (s->abstract_allowed) break;
        report_denial(s, address.local.sun_path, length - offsetof(struct sockaddr_un, sun_path));
        n = -EACCES;
        break;
    case ADDRESS_OTHER: break;
    }
    long flags = n < 0 ? 0 : SYS3(__NR_fcntl, socket, F_GETFL, 0);
    if (n >= 0 && (flags & O_NONBLOCK || domain == AF_NETLINK)) n = SYS3(__NR_connect, socket, &address, length);
    else if (n >= 0 && (n = start_worker(s->listener, id, thread, socket, held, &address, length)) == 0) return 1;
    if (held >= 0) sys_close(held);
    sys_close(socket);
    return n;
}

void connect_serve(struct connect_supervisor *s) {
    // The kernel's structure may grow; it wants all of it zero.
    union {
        struct seccomp_notif notification;
        char room[512];
    } request;
    memset(&request, 0, sizeof request);
    if (SYS3(__NR_ioctl, s->listener, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0) return; // the caller is gone
    long result = connect_for(s, &request.notification);
    if (result <= 0) answer(s->listener, request.notification.id, result);
}
