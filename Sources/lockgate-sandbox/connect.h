// Supervises connect(2): a local socket may be reached only through a writable mount.
//
// The address lies in the caller's memory and can change after a check, so the call is never let through. The
// supervisor copies the address, decides, and connects a duplicate of the socket itself (seccomp_unotify(2) says why).
#ifndef LOCKGATE_CONNECT_H
#define LOCKGATE_CONNECT_H

#include <stdbool.h>

struct connect_supervisor {
    int listener, status;
    bool abstract_allowed; // own network namespace, or Landlock scopes abstract names
    bool outer_proc;       // /proc counts processes as the machine does, not as the notifications do
    unsigned denials;
};

// Answers one waiting notification.
void connect_serve(struct connect_supervisor *supervisor);
// Must be told of each reaped child; true when it was one of the supervisor's workers.
bool connect_worker_ended(int pid);
// Whether some connect still has to wait. Then the caller's signals, which the kernel holds back while it is supervised, are
// to be looked for now and then: one that would have interrupted the call does.
bool connect_waits(void);
void connect_look_for_signals(const struct connect_supervisor *supervisor);

#endif
