// The file system as a command sees it.
#ifndef LOCKGATE_VIEW_H
#define LOCKGATE_VIEW_H

#include "policy.h"
#include "report.h"

// Maps the caller to itself in the new user namespace. Call first after clone.
int view_map_identity(unsigned uid, unsigned gid, struct failure *f);
// Builds the session's view in the caller's own mount namespace: read-only root, writable roots, private folders, masks
// and pins. Leaves the caller in the scratch folder, where its copies find what masks are made of (view_check).
int view_build(struct policy *policy, struct failure *f);
// Brings up loopback in a private network namespace, with all of its ports for everybody.
int view_raise_loopback(unsigned gid, struct failure *f);

// What belongs to one command, in the copy of the view that its init has: a fresh /proc for the caller's pid namespace
// with the parts that reach the kernel's settings read-only, and terminals of its own.
int view_make_own(const struct policy *policy, struct failure *f);
// Makes sure that everything to be protected is protected now. Since the view was built, a file may have been replaced
// from outside, which takes the mount over it away, or a repository may have been made. `plan` is the session's policy
// or a command's own; what does not stand any more is mounted again, in the caller's copy of the view.
int view_check(struct policy *plan, struct failure *f);
// Whether everything that the session's policy protects stands in the caller's view. Changes and mends nothing.
bool view_is_whole(const struct policy *session);

#endif
