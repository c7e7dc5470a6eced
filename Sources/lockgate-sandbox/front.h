// `lockgate sandbox -- CMD` without the agent staying for it: the agent's process becomes this program, which keeps the
// user's standard descriptors, starts the session's only command, passes signals on, and ends as the command did.
//
// Descriptors: 0-2 the user's, 3 the policy (read by main.c), 4 a memory file with the command message of policy.h, 5 a
// memory file with how to run the agent again: u32 arguments, u32 variables, then so many strings with their NULs, the
// program's path before them. When nothing was run the agent is run again, under the name FRONT_AGAIN: it stays then, and
// says what is wrong, or tries with a new plan. The namespaces' processes get to see none of these.
#ifndef LOCKGATE_FRONT_H
#define LOCKGATE_FRONT_H

#include "policy.h"

// The agent's own name when it is run again; the same as in Sources/Sandbox/SandboxFront.swift.
#define FRONT_AGAIN "lockgate-again"

// Ends the process. `contain` is run in the new namespaces, with descriptors 0-2 that lead nowhere and `requests`; the ids
// are the ones outside.
_Noreturn void front_run(struct policy *policy, int requests, unsigned uid, unsigned gid, void (*contain)(struct policy *, unsigned, unsigned));

#endif
