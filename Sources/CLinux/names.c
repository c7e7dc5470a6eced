#include "CLinux.h"

#include <nss.h>

void clinux_limit_lookups(void) {
    __nss_configure_lookup("passwd", "files");
    __nss_configure_lookup("group", "files");
    __nss_configure_lookup("hosts", "files dns");
}
