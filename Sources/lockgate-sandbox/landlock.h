// Landlock: a second fence around the same writable places, and scoping of abstract sockets and signals.
#ifndef LOCKGATE_LANDLOCK_H
#define LOCKGATE_LANDLOCK_H

#include "policy.h"
#include "report.h"

// From this ABI on signals reach what is inside only; without a /proc or a pid namespace of the command's own it is needed.
#define LANDLOCK_SCOPES_SIGNALS 6

// The kernel's ABI, or 0 without Landlock.
int landlock_abi(void);
// For the session's first process: abstract sockets and signals reach what belongs to the session and nothing else.
// Mounts stay possible. Needs no_new_privs.
int landlock_scope(int abi, struct failure *f);
// The rules for files, for landlock_confine: a descriptor, or -1 where the kernel has too little of Landlock to use.
int landlock_rules(const struct policy *policy, int abi, int *rules, struct failure *f);
// The rules that hold alone, where there are no namespaces: MOUNT_WRITABLE and MOUNT_READABLE are all that is granted.
int landlock_fence(const struct policy *policy, int abi, int *rules, struct failure *f);
// Adds what fds 0-2 need and confines the calling thread and its descendants; after this nobody mounts anything.
int landlock_confine(int rules, int abi, struct failure *f);

#endif
