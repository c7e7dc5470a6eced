// `lockgate sandbox -- CMD` without the agent staying for it: the agent's process becomes this program, which keeps the
// user's standard descriptors, passes signals on to the command that advance.h runs, and ends as the command did.
//
// Descriptors: 0-2 the user's, 3 the command's channel (request.h), 4 the socket to the helper that was started in advance, a
// child of this process, 5 a memory file with how to run the agent again: u32 arguments, u32 variables, then so many strings
// with their NULs, the program's path before them. When nothing was run the agent is run again, under the name FRONT_AGAIN:
// it stays then, and says what is wrong, or tries with a new plan. The namespaces' processes get to see none of these.
#ifndef LOCKGATE_FRONT_H
#define LOCKGATE_FRONT_H

#include <stdbool.h>

// The second waits until the names that were reserved on the disk are taken away. The same in Sources/Sandbox/SandboxFront.swift.
#define ROLE_FRONT "front"
#define ROLE_FRONT_OF_NAMES "front-of-names"
// The agent's own name when it is run again; the same there.
#define FRONT_AGAIN "lockgate-again"

_Noreturn void front_run(bool has_names);

#endif
