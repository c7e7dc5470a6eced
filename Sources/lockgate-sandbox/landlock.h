// Landlock: a second fence around the same writable places, and scoping of abstract sockets and signals.
#ifndef LOCKGATE_LANDLOCK_H
#define LOCKGATE_LANDLOCK_H

#include "policy.h"
#include "report.h"

// The kernel's ABI, or 0 without Landlock.
int landlock_abi(void);
// Confines the calling thread and its descendants; after this nobody mounts anything. Needs no_new_privs.
int landlock_confine(const struct policy *policy, int abi, struct failure *f);

#endif
