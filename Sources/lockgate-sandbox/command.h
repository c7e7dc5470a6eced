// Starts the command.
#ifndef LOCKGATE_COMMAND_H
#define LOCKGATE_COMMAND_H

#include "policy.h"
#include "report.h"

struct command {
    int pid;      // in the caller's pid namespace
    int master;   // of its terminal, or -1
    int listener; // of its connect notifications, or -1
};

// Runs policy->arguments with fds 0-2 (or a new terminal) and waits until the program is loaded.
// All other descriptors of the caller become close-on-exec. Returns -1 with `f` filled when nothing was run.
// `fence`: rules of landlock_fence for FLAG_FENCED, which the command alone puts on, so that it cannot signal its caller.
int command_start(const struct policy *policy, int fence, int landlock_abi, struct command *command, struct failure *f);

#endif
