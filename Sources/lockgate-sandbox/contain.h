// The first process in a session's namespaces, and the one outside that outlives it by a moment.
#ifndef LOCKGATE_CONTAIN_H
#define LOCKGATE_CONTAIN_H

#include "policy.h"
#include "report.h"

// The descriptors that every helper is started with, besides 0-2.
enum { POLICY_FD = 3, REQUESTS_FD = 4 };
enum { EXIT_SETUP = 125 };

// The namespaces of a session, for clone; it needs CLONE_NEWNET as well where the network is off.
#define CONTAIN_NAMESPACES (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

// Reads a policy from a memory file, which is closed. Returns NULL, or what is wrong with it.
const char *contain_read_policy(int file, struct policy *policy);

// Answers the command that waits on REQUESTS_FD, and all others there, with the failure.
_Noreturn void contain_refuse(const struct failure *f);
_Noreturn void contain_refuse_policy(const char *wrong);

// What the new namespaces need and no policy decides: who we are in them, and loopback in a private network. Call first
// after clone, with the ids outside. Returns -1 with the failure.
int contain_begin(unsigned uid, unsigned gid, bool private_net, struct failure *f);

// Builds the view and serves commands: the init of the session's namespaces. `lifeline` and `over` as in zygote.h.
_Noreturn void contain_serve(struct policy *policy, int lifeline, int over);

// Outside: waits for the end of that init or of the agent, whichever comes first, or of the only command.
void contain_monitor(int init, int pidfd, int over);

#endif
