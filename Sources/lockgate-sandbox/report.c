#include <stdbool.h>
#include <stddef.h>
#include "report.h"

#include "system.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int fail(struct failure *f, enum step step, long result, const char *text) {
    f->step = step;
    f->error = result < 0 ? (int)-result : EIO;
    f->text = text;
    return -1;
}

int report_send(int status, struct report *report, bool must, int attach, int pid) {
    if (report->text_length > sizeof report->text) report->text_length = sizeof report->text;
    struct iovec part = {report, REPORT_FIXED + report->text_length};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
    } control = {0};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    size_t used = 0;
    if (attach >= 0) {
        struct cmsghdr *c = (struct cmsghdr *)(control.bytes + used);
        *c = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(c), &attach, sizeof attach);
        used += CMSG_SPACE(sizeof(int));
    }
    if (pid > 0) {
        struct cmsghdr *c = (struct cmsghdr *)(control.bytes + used);
        *c = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(struct ucred)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_CREDENTIALS};
        struct ucred who = {.pid = pid, .uid = getuid(), .gid = getgid()};
        memcpy(CMSG_DATA(c), &who, sizeof who);
        used += CMSG_SPACE(sizeof(struct ucred));
    }
    if (used) message.msg_control = control.bytes, message.msg_controllen = used;
    long n;
    do n = SYS3(__NR_sendmsg, status, &message, MSG_NOSIGNAL | (must ? 0 : MSG_DONTWAIT));
    while (n == -EINTR);
    return n < 0 ? (int)n : 0;
}

void report_failure(int status, const struct failure *f) {
    struct report report = {.kind = REPORT_FAILED, .value = f->error, .step = f->step};
    if (f->text) {
        size_t length = strnlen(f->text, sizeof report.text);
        memcpy(report.text, f->text, length);
        report.text_length = (uint32_t)length;
    }
    report_send(status, &report, true, -1, 0);
}

void report_fill_usage(struct report *report, const struct rusage *usage) {
    report->user_microseconds = (uint64_t)usage->ru_utime.tv_sec * 1000000u + (uint64_t)usage->ru_utime.tv_usec;
    report->system_microseconds = (uint64_t)usage->ru_stime.tv_sec * 1000000u + (uint64_t)usage->ru_stime.tv_usec;
    report->peak_kilobytes = (uint64_t)usage->ru_maxrss;
    report->block_input = (uint64_t)usage->ru_inblock;
    report->block_output = (uint64_t)usage->ru_oublock;
}
