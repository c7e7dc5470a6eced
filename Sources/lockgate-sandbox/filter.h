// The system-call filter.
#ifndef LOCKGATE_FILTER_H
#define LOCKGATE_FILTER_H

enum filter_kind {
    FILTER_MEDIATED,           // the namespaces' part: connect is mediated
    FILTER_FENCED,             // no namespaces: no connections, no shared memory with others, no changes of owners
    FILTER_FENCED_KEEPS_MODES, // and none of modes, times or names' attributes
};

// Installs the filter on the calling thread; needs no_new_privs. connect() is handed to whoever holds the returned
// descriptor when mediated; otherwise returns 0. Negative errno on failure.
int filter_install(enum filter_kind kind);

#endif
