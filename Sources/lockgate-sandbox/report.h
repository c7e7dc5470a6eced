// What the helper tells the agent about one command, over that command's channel (SOCK_SEQPACKET: one message, one event).
#ifndef LOCKGATE_REPORT_H
#define LOCKGATE_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

// Where a setup failed. The numbers are part of the protocol with Sources/Sandbox/SetupStep.swift.
enum step {
    STEP_POLICY = 1,
    STEP_PLACEHOLDER,
    STEP_NAMESPACES,
    STEP_IDENTITY,
    STEP_PROPAGATION,
    STEP_WRITABLE_ROOT,
    STEP_READONLY_ROOT,
    STEP_PRIVATE_FOLDERS,
    STEP_DEVICES,
    STEP_PROC,
    STEP_PLACE,
    STEP_PROTECT,
    STEP_MASK,
    STEP_LOOPBACK,
    STEP_LIMITS,
    STEP_LANDLOCK,
    STEP_CAPABILITIES,
    STEP_SECCOMP,
    STEP_TERMINAL,
    STEP_SESSION,
    STEP_CWD,
    STEP_EXEC,
    STEP_STAGE,
};

enum report_kind {
    REPORT_STARTED = 1,  // credentials carry the process id as the receiver sees it; a terminal's master may be attached
    REPORT_EXITED = 2,
    REPORT_FAILED = 3,   // nothing was run
    REPORT_DENIED = 4,   // a connection the supervisor refused
    REPORT_LAYERS = 5,   // answer to a probe; the root of the session's view is attached
    REPORT_KEPT = 6,     // a keeper has its placeholders
    REPORT_SURVEY = 7,   // survey.h
};

struct report {
    uint32_t kind;
    int32_t value;        // STARTED: pid inside; EXITED: wait status; FAILED: errno; LAYERS: Landlock ABI
    uint32_t step;        // FAILED: enum step; DENIED: socket family; STARTED: 1 if the pid is in the credentials
    uint32_t text_length; // bytes of text that follow the fixed part
    uint64_t user_microseconds, system_microseconds, peak_kilobytes, block_input, block_output;
    char text[4096];
};
#define REPORT_FIXED offsetof(struct report, text)

struct failure {
    enum step step;
    int error;        // positive errno; ESTALE: the tree no longer is what the session's view was built for
    const char *text; // path or detail; may be NULL
};

// Records a failure and returns -1, so that callers can `return fail(...)`. `result` is a negative errno.
int fail(struct failure *f, enum step step, long result, const char *text);

// Sends one report; blocks only for reports that must arrive (`must`). `attach` is a descriptor to pass or -1;
// `pid` is sent as credentials when not 0.
int report_send(int status, struct report *report, bool must, int attach, int pid);
void report_failure(int status, const struct failure *f);
void report_fill_usage(struct report *report, const struct rusage *usage);

// What the agent orders for a running command, on its channel. Anything of another size or kind is ignored.
enum order_kind { ORDER_SIGNAL = 1, ORDER_KILL = 2 };
struct order {
    uint32_t kind;
    int32_t signal;
};

#endif
