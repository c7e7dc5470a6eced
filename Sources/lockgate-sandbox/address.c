#include "address.h"

#include <string.h>

enum address_kind address_classify(int domain, const union address *address, unsigned length, char path[ADDRESS_PATH_SIZE]) {
    const unsigned start = offsetof(struct sockaddr_un, sun_path);
    path[0] = '\0';
    if (length > sizeof *address) return ADDRESS_INVALID;
    if (domain != AF_UNIX || length <= start || address->any.sa_family != AF_UNIX) return ADDRESS_OTHER;
    if (length > sizeof(struct sockaddr_un)) return ADDRESS_INVALID;
    if (!address->local.sun_path[0]) return ADDRESS_ABSTRACT;
    memcpy(path, address->local.sun_path, length - start);
    path[length - start] = '\0';
    return ADDRESS_PATH;
}
