// libFuzzer target: the address of a connect, as the supervisor judges it.
#include "address.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 5) return 0;
    union address address;
    unsigned length;
    char path[ADDRESS_PATH_SIZE];
    memcpy(&length, data + 1, sizeof length);
    memset(&address, 0, sizeof address);
    memcpy(&address, data + 5, size - 5 < sizeof address ? size - 5 : sizeof address);
    int domain = data[0] & 1 ? AF_UNIX : data[0];
    enum address_kind kind = address_classify(domain, &address, length, path);
    const unsigned start = offsetof(struct sockaddr_un, sun_path);
    // What the kernel takes for a name must never pass as "other".
    bool is_named = domain == AF_UNIX && address.any.sa_family == AF_UNIX && length > start && length <= sizeof(struct sockaddr_un);
    if (is_named != (kind == ADDRESS_PATH || kind == ADDRESS_ABSTRACT)) abort();
    if (length > sizeof address && kind != ADDRESS_INVALID) abort();
    if (kind == ADDRESS_PATH) {
        size_t named = strnlen(address.local.sun_path, length - start);
        if (strlen(path) != named || memcmp(path, address.local.sun_path, named)) abort();
    } else if (path[0]) {
        abort();
    }
    return 0;
}
