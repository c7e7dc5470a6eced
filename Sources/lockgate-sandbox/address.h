// The address of a connect(2) as a command wrote it: hostile bytes, read here and nowhere else.
#ifndef LOCKGATE_ADDRESS_H
#define LOCKGATE_ADDRESS_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

union address {
    struct sockaddr any;
    struct sockaddr_un local;
    char bytes[sizeof(struct sockaddr_storage)];
};

enum address_kind {
    ADDRESS_OTHER,    // not of a local socket, or one without a name: the kernel decides
    ADDRESS_PATH,     // a local socket by its path
    ADDRESS_ABSTRACT, // a local socket by its abstract name
    ADDRESS_INVALID,
};

#define ADDRESS_PATH_SIZE (sizeof(((struct sockaddr_un *)0)->sun_path) + 1)

// What kind of address the first `length` bytes are for a socket of this domain, as the kernel would take them.
// `path` becomes the path with its end, or empty.
enum address_kind address_classify(int domain, const union address *address, unsigned length, char path[ADDRESS_PATH_SIZE]);

#endif
