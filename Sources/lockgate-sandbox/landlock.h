// Landlock: a second fence around the same writable places, and scoping of abstract sockets and signals.
#ifndef LOCKGATE_LANDLOCK_H
#define LOCKGATE_LANDLOCK_H

#include "policy.h"
#include "report.h"

// From this ABI on signals reach what is inside only; without a /proc or a pid namespace of the command's own it is needed.
#define LANDLOCK_SCOPES_SIGNALS 6

// The kernel's ABI, or 0 without Landlock.
int landlock_abi(void);
// The rules for files and the scope of signals and abstract sockets, for landlock_confine: a descriptor, or -1 where the
// kernel has too little of Landlock to use.
int landlock_rules(const struct policy *policy, int abi, int *rules, struct failure *f);
// The rules that hold alone, where there are no namespaces: MOUNT_WRITABLE and MOUNT_READABLE are all that is granted.
int landlock_fence(const struct policy *policy, int abi, int *rules, struct failure *f);
// Adds what fds 0-2 need and confines the calling thread and its descendants; after this nobody mounts anything.
int landlock_confine(int rules, int abi, struct failure *f);

#endif
