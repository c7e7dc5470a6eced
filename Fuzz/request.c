// libFuzzer target: requests as they arrive on the socket, with up to eight descriptors of several types.
#include "request.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static int count_descriptors(void) {
    int count = 0;
    for (int fd = 0; fd < 64; fd++) count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

// The first byte is how many descriptors come along, and whether the message is in a file; the second which they are;
// the rest is the message.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 3 || size > (60 << 10)) return 0;
    size_t count = (data[0] & 0x7f) % 9, sent = data[0] & 0x80 && size > 10 ? 8 : size - 2;
    int before = count_descriptors(), pair[2], channel[2], fds[8];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0) return 0;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC), file = memfd_create("message", MFD_CLOEXEC);
    if (size > 10 && write(file, data + 10, size - 10) < 0) abort();
    for (size_t i = 0; i < count; i++) fds[i] = i == 0 && !(data[1] & 1) ? channel[1] : data[1] >> i & 1 ? null : file;
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof fds)];
    } control = {0};
    struct iovec part = {(void *)(data + 2), sent};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count) {
        message.msg_control = control.bytes, message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        *c = (struct cmsghdr){.cmsg_len = CMSG_LEN(count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(c), fds, count * sizeof(int));
    }
    if (sendmsg(pair[0], &message, MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
        struct request request;
        struct failure failure = {0};
        enum request_result result = request_receive(pair[1], false, &request, &failure);
        if (result == REQUEST_NONE || result == REQUEST_ENDED) abort();
        if (result == REQUEST_OK && request.channel < 0) abort();
        if (result == REQUEST_REFUSED && !failure.text) abort();
        if (request.channel >= 0) close(request.channel);
        for (int i = 0; i < 3; i++)
            if (request.standard[i] >= 0) close(request.standard[i]);
        policy_free(&request.policy);
        free(request.file);
    }
    close(pair[0]), close(pair[1]), close(channel[0]), close(channel[1]), close(null), close(file);
    if (count_descriptors() != before) abort();
    return 0;
}
