// A helper for one command, started before its policy is known: working that out takes the agent as long as making the
// namespaces takes here, so both are done at the same time. What is made depends on the role alone; nothing of the command
// runs, and nothing is mounted, before the policy has come.
//
//   agent, then front (front.h)
//     this process (outside: holds placeholders, for which the init passes the policy on; sees the end of the front)
//       init of the command's namespaces (zygote.h), which receives both messages, and everything else in them
//
// Descriptors: 0-3 nothing, 4 a socket to the agent: first one message with the policy (u32 POLICY_COMES, one descriptor: a
// sealed memory file with the policy message of policy.h), then the command as request.h has it. The agent lets go of the
// socket when it needs none of this. A policy for other namespaces than these is refused.
#ifndef LOCKGATE_ADVANCE_H
#define LOCKGATE_ADVANCE_H

#include <stdbool.h>

// With a network of its own, or with the host's. The same in Sources/Sandbox/AdvanceHelper.swift.
#define ROLE_ADVANCE "advance"
#define ROLE_ADVANCE_NETWORK "advance-network"
#define POLICY_COMES 0x4650474cu

_Noreturn void advance_run(unsigned uid, unsigned gid, bool private_net);

#endif
