#include "request.h"

#include "system.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

// Touched only by a process that receives; the zygote itself does not.
static uint8_t buffer[REQUEST_MAX_INLINE];

const char *request_check(const uint8_t *bytes, size_t size, size_t descriptors, uint32_t *parts) {
    uint32_t magic;
    *parts = 0;
    if (size < REQUEST_HEADER) return "short request";
    memcpy(&magic, bytes, 4);
    if (magic != REQUEST_MAGIC) return "not a request";
    memcpy(parts, bytes + 4, 4);
    if (*parts & ~(uint32_t)REQUEST_PARTS) return "unknown part of a request";
    size_t expected = 1 + (*parts & REQUEST_STANDARD ? 3 : 0) + (*parts & REQUEST_FILE ? 1 : 0);
    if (descriptors != expected) return "wrong number of descriptors";
    if (*parts & REQUEST_FILE && size != REQUEST_HEADER) return "bytes beside the command's file";
    return NULL;
}

// The private copy of a command file: what is parsed cannot change any more.
static const char *read_file(int fd, uint8_t **bytes, size_t *size) {
    struct stat s;
    if (SYS4(__NR_newfstatat, fd, "", &s, AT_EMPTY_PATH) < 0 || !S_ISREG(s.st_mode)) return "the command is no file";
    if (s.st_size <= 0 || s.st_size > (long)POLICY_MAX_BYTES) return "message has an impossible size";
    *bytes = malloc((size_t)s.st_size);
    if (!*bytes) return "out of memory";
    if (SYS4(__NR_pread64, fd, *bytes, s.st_size, 0) != s.st_size) return "the command could not be read";
    *size = (size_t)s.st_size;
    return NULL;
}

static bool is_channel(int fd) {
    int type = 0;
    socklen_t size = sizeof type;
    return SYS5(__NR_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

// Descriptors of one message, in order. Returns how many; more than fit have been closed by the kernel (MSG_CTRUNC).
static size_t take_descriptors(struct msghdr *message, int *fds) {
    size_t count = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            if (count < REQUEST_MAX_DESCRIPTORS) fds[count++] = fd;
            else sys_close(fd);
        }
    }
    return count;
}

enum request_result request_receive(int socket, bool wait, struct request *request, struct failure *f) {
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * REQUEST_MAX_DESCRIPTORS)];
    } control;
    int fds[REQUEST_MAX_DESCRIPTORS];
    memset(request, 0, sizeof *request);
    request->channel = request->standard[0] = request->standard[1] = request->standard[2] = -1;
    struct iovec part = {buffer, sizeof buffer};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    long n;
    do n = SYS3(__NR_recvmsg, socket, &message, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
    while (n == -EINTR);
    if (n == -EAGAIN) return REQUEST_NONE;
    size_t count = n > 0 ? take_descriptors(&message, fds) : 0;
    if (n <= 0) return REQUEST_ENDED;
    if (count > 0 && is_channel(fds[0])) request->channel = fds[0];
    uint32_t parts = 0;
    uint8_t *bytes = buffer + REQUEST_HEADER;
    size_t size = n < (long)REQUEST_HEADER ? 0 : (size_t)n - REQUEST_HEADER;
    const char *wrong = message.msg_flags & (MSG_TRUNC | MSG_CTRUNC) ? "request too long" : request_check(buffer, (size_t)n, count, &parts);
    if (!wrong && request->channel < 0) wrong = "the channel is of the wrong type";
    if (!wrong && parts & REQUEST_FILE) {
        wrong = read_file(fds[count - 1], &bytes, &size);
        request->file = bytes == buffer + REQUEST_HEADER ? NULL : bytes;
    }
    if (!wrong) wrong = policy_parse(&request->policy, MESSAGE_COMMAND, bytes, size);
    if (!wrong && !(parts & REQUEST_STANDARD) != !!(request->policy.flags & FLAG_TERMINAL)) wrong = "a command has either descriptors or a terminal";
    if (!wrong && parts & REQUEST_STANDARD) memcpy(request->standard, fds + 1, sizeof request->standard);
    for (size_t i = 0; i < count; i++) {
        bool kept = fds[i] == request->channel || (request->standard[0] >= 0 && i >= 1 && i <= 3);
        if (!kept) sys_close(fds[i]);
    }
    if (!wrong) return REQUEST_OK;
    fail(f, STEP_POLICY, -EINVAL, wrong);
    return REQUEST_REFUSED;
}

void request_refuse_all(int socket, bool wait, const struct failure *f) {
    struct request request;
    struct failure ignored;
    for (;; wait = false) {
        enum request_result result = request_receive(socket, wait, &request, &ignored);
        if (result == REQUEST_NONE || result == REQUEST_ENDED) return;
        if (request.channel >= 0) report_failure(request.channel, f), sys_close(request.channel);
        for (int i = 0; i < 3; i++)
            if (request.standard[i] >= 0) sys_close(request.standard[i]);
        policy_free(&request.policy);
        free(request.file);
    }
}
