#include <zlib.h>

/* In C macros, which Swift cannot call; both for the gzip form. */
static inline int lockgate_inflate_begin(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
static inline int lockgate_deflate_begin(z_stream *stream) {
    return deflateInit2(stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
