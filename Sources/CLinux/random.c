#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

// libstdc++ asks for this where it was built beside glibc 2.36 or later; linked in as an archive it would bind the release to
// that version. A definition of our own keeps it at the promised 2.35.
uint32_t arc4random(void);

uint32_t arc4random(void) {
    uint32_t value;
    while (getrandom(&value, sizeof value, 0) != (ssize_t)sizeof value) {}
    return value;
}
