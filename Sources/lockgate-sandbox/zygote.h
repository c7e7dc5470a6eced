// Serves the commands of one session: keeps an init ready, in namespaces of its own, that takes the next one.
//
//   agent --- helper (outside: holds placeholders, sees the agent's end)
//               zygote (init of the session: its view, network, ipc; built once)
//                 init (of one command's processes, with its own /proc and terminals)
//                   command
//
// An init waits for its command fully prepared, with the process that becomes the command (command.h); the zygote makes the
// next one as soon as a command runs. Any of these that dies takes everything below it along, and the agent's end ends all
// of it. With FLAG_ONE_SHOT the zygote is itself the init of the only command.
#ifndef LOCKGATE_ZYGOTE_H
#define LOCKGATE_ZYGOTE_H

#include "policy.h"

struct zygote {
    struct policy *policy;
    int requests;     // socket from which commands are received
    int lifeline;     // its end means that the helper's first process is gone
    int held;         // the lifeline's other end when the zygote is that process itself, else -1
    int over;         // gets a byte when the only command of a one-shot session has ended with all it started; or -1
    int landlock_abi;
    int changes;      // tells of every mount of the session's view that goes away, to whoever asks first; or -1
    bool is_whole;    // what is protected was found in place, and nothing was told since
    int root;         // of the session's view, for who asks with a probe: the agent's own file tools; or -1
};

// Serves until the agent or the helper is gone. In the session's namespaces when the policy is to contain commands.
_Noreturn void zygote_serve(const struct zygote *zygote);

#endif
