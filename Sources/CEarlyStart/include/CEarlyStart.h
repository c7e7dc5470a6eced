// Starts the sandbox's helper before the program's own runtime has started, where its command line is `sandbox ... -- CMD`.
//
// Loading this program and working out a policy takes about as long as making a command's namespaces, which depends on
// neither. So the second is begun here, by a constructor, in a process of its own (Sources/lockgate-sandbox/advance.h): it holds
// nothing but namespaces, runs nothing, and goes when its socket is closed. A guess that was wrong costs only its time.
#ifndef LOCKGATE_EARLY_START_H
#define LOCKGATE_EARLY_START_H

#include <sys/types.h>

struct early_helper {
    int socket; ///< close-on-exec, the caller's from then on; -1 when none was started, and from the second call on
    pid_t pid;  ///< a child of this process, to be waited for
};

struct early_helper early_helper_take(void);

#endif
