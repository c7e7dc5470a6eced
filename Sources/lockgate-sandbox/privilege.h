// Capabilities, secure bits and resource limits.
#ifndef LOCKGATE_PRIVILEGE_H
#define LOCKGATE_PRIVILEGE_H

#include "policy.h"
#include "report.h"

// For the namespace's init: nothing can be gained by exec any more, and only `kept` (bits of CAP_*) stays in effect.
int privilege_reduce(uint64_t kept, struct failure *f);
// Later, for init: keeps only `kept` of what it still has.
int privilege_keep(uint64_t kept, struct failure *f);
// For a command without namespaces: the same as both, as far as someone without privileges can.
int privilege_give_up(struct failure *f);
// For the command itself: no capability at all.
int privilege_drop(struct failure *f);
int privilege_limit(const struct policy *policy, struct failure *f);

#endif
