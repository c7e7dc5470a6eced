// The file system as a command sees it.
#ifndef LOCKGATE_VIEW_H
#define LOCKGATE_VIEW_H

#include "policy.h"
#include "report.h"

// Maps the caller to itself in the new user namespace. Call first after clone.
int view_map_identity(unsigned uid, unsigned gid, struct failure *f);
// Builds the view in the caller's own mount namespace: read-only root, writable roots, private folders, masks and pins.
int view_build(struct policy *policy, struct failure *f);
// A fresh /proc for the caller's pid namespace with the parts that reach the kernel's settings read-only.
int view_mount_proc(const struct policy *policy, struct failure *f);
// Brings up loopback in a private network namespace.
int view_raise_loopback(struct failure *f);

#endif
