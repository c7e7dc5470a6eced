// Watches over a running command: reaps, serves its connects, obeys the agent, and leaves nothing behind.
#ifndef LOCKGATE_SUPERVISE_H
#define LOCKGATE_SUPERVISE_H

#include "command.h"

struct supervision {
    int status;           // the command's channel
    int lifeline;         // its end means that the helper's first process is gone; -1 where the kernel sees to that
    int signals;          // signalfd for SIGCHLD, which is blocked
    bool is_init;         // of the command's pid namespace
    bool abstract_allowed, outer_proc; // connect.h
    struct command command;
};

// signalfd for SIGCHLD; call before the first child. Negative errno on failure.
int supervise_signals(void);
// Returns when the command and all it started are gone and reported, or the agent has gone away.
void supervise(struct supervision *s);

#endif
