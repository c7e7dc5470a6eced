// A terminal in raw mode that is given back however the process ends.
#ifndef LOCKGATE_CLINUX_TERMINAL_H
#define LOCKGATE_CLINUX_TERMINAL_H

#include <stddef.h>

/// Puts a terminal into raw mode. From now on `restore` is written to it and its mode is set back when the process
/// exits or is ended by a fault; the bytes are copied. Returns 0 or -errno. One terminal a process.
int clinux_terminal_raw(int terminal, const void *restore, size_t size);

/// Gives the terminal back now; nothing where it is not in raw mode. Safe in a signal handler.
void clinux_terminal_restore(void);

#endif
