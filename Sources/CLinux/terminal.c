#define _GNU_SOURCE
#include "include/clinux_terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static struct termios original;
static int raw_terminal = -1;
static atomic_int is_raw;
static char restoring[256];
static size_t restoring_size;

static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGQUIT};
enum { fault_count = sizeof faults / sizeof *faults };
static struct sigaction before[fault_count];

void clinux_terminal_restore(void) {
    if (!atomic_exchange(&is_raw, 0)) return;
    int saved = errno;
    size_t done = 0;
    while (done < restoring_size) {
        ssize_t wrote = write(raw_terminal, restoring + done, restoring_size - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) break;
        done += (size_t)wrote;
    }
    tcsetattr(raw_terminal, TCSANOW, &original);
    errno = saved;
}

// The process ends as it would have: with whoever handled the signal before.
static void on_fault(int signal) {
    clinux_terminal_restore();
    for (int i = 0; i < fault_count; i++)
        if (faults[i] == signal) sigaction(signal, &before[i], NULL);
    raise(signal);
}

int clinux_terminal_raw(int terminal, const void *restore, size_t size) {
    if (size > sizeof restoring) return -ENOSPC;
    if (raw_terminal < 0) {
        if (tcgetattr(terminal, &original) < 0) return -errno;
        raw_terminal = terminal;
        atexit(clinux_terminal_restore);
        struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_RESETHAND};
        sigemptyset(&action.sa_mask);
        for (int i = 0; i < fault_count; i++) sigaction(faults[i], &action, &before[i]);
    } else if (terminal != raw_terminal) {
        return -EBUSY;
    }
    memcpy(restoring, restore, size);
    restoring_size = size;
    struct termios raw = original;
    cfmakeraw(&raw);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(terminal, TCSADRAIN, &raw) < 0) return -errno;
    atomic_store(&is_raw, 1);
    return 0;
}
