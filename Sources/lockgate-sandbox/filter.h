// The system-call filter.
#ifndef LOCKGATE_FILTER_H
#define LOCKGATE_FILTER_H

// Installs the filter on the calling thread; needs no_new_privs. connect() is handed to whoever holds the returned
// descriptor when `mediate`; otherwise returns 0. Negative errno on failure.
int filter_install(bool mediate);

#endif
