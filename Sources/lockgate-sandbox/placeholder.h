// Names that must not come into being while a session runs commands, such as `.git/commondir`.
//
// A mount needs something to stand on. Where nothing is there, the helper makes an empty folder or a harmless file,
// marks it, holds a shared lock on it for as long as the session lives, and removes it when it is the last holder.
// One left behind by a killed helper is recognised by its mark and removed by the next.
#ifndef LOCKGATE_PLACEHOLDER_H
#define LOCKGATE_PLACEHOLDER_H

#include "policy.h"
#include "report.h"

// Existing things that are no placeholder stay untouched: the mount over them protects them as they are.
int placeholders_make(struct policy *policy, struct failure *f);
void placeholders_remove(struct policy *policy);
// For a child of the helper: lets go of the descriptors, so that the locks end with the helper itself.
void placeholders_forget(struct policy *policy);

#endif
