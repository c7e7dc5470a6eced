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

// Makes the process of a contained command ahead. It has everything on it that does not depend on the command, most of
// all the system-call filter, which takes the longest, and stands still until command_start. It shares the caller's memory
// and descriptors, so the caller must be the init of a pid namespace: nobody else's end would end it. At most once.
int command_prepare(const struct policy *session, struct failure *f);

// Runs policy->arguments with fds 0-2 (or a new terminal) and waits until the program is loaded.
// All other descriptors of the caller become close-on-exec. Returns -1 with `f` filled when nothing was run.
// `rules`: of landlock_rules or landlock_fence, which the command alone puts on: it cannot trace its caller then, nor signal it
// in a fence. -1 where the caller has them on, and so the command. A process that was prepared becomes the command, otherwise one is made.
int command_start(const struct policy *policy, int rules, int landlock_abi, struct command *command, struct failure *f);

#endif
