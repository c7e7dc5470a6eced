// The released program is position-independent and linked without a dynamic loader: it relocates itself, which writes a
// word on each of some 340 pages. Each of these would be a page fault of its own; the kernel is asked to make them all at
// once instead, in a tenth of the time. What it refuses (before Linux 5.14) happens one by one, as ever.
//
// This runs before relocation: no address may come from memory, and nothing of the C library may be called.
#include <elf.h>
#include <stdint.h>

#define HIDDEN __attribute__((visibility("hidden")))
#define PAGE 4096ul
#define POPULATE_WRITE 23
// Packed relative relocations, newer than some headers: elf.h of glibc 2.36.
#define TAG_RELRSZ 35
#define TAG_RELR 36

extern const Elf64_Dyn _DYNAMIC[] HIDDEN;
extern const char __ehdr_start[] HIDDEN;

static inline void populate(uintptr_t from, uintptr_t to) {
#if defined(__x86_64__)
    long number = 28;
    __asm__ volatile("syscall" : "+a"(number) : "D"(from), "S"(to - from), "d"(POPULATE_WRITE) : "rcx", "r11", "memory");
#else
    register long number __asm__("x8") = 233;
    register uintptr_t start __asm__("x0") = from;
    register uintptr_t length __asm__("x1") = to - from;
    register long advice __asm__("x2") = POPULATE_WRITE;
    __asm__ volatile("svc 0" : "+r"(start) : "r"(number), "r"(length), "r"(advice) : "memory");
#endif
}

// A run of pages to be made, extended by each address; addresses only rise.
struct run {
    uintptr_t from, to;
};

static inline void touch(struct run *run, uintptr_t address) {
    uintptr_t page = address & ~(PAGE - 1);
    if (page < run->to) return;
    if (page > run->to && run->to > run->from) populate(run->from, run->to);
    if (page > run->to) run->from = page;
    run->to = page + PAGE;
}

// RELR, of the generic ELF specification: an even word is an address; an odd one says by its bits which of the next 63
// words are relocated too.
HIDDEN __attribute__((no_stack_protector, used)) void early_fault_in(void) {
    const uintptr_t base = (uintptr_t)__ehdr_start;
    const uintptr_t *entry = 0;
    uintptr_t size = 0, where = 0;
    for (const Elf64_Dyn *dynamic = _DYNAMIC; dynamic->d_tag != DT_NULL; dynamic++) {
        if (dynamic->d_tag == TAG_RELR) entry = (const uintptr_t *)(base + dynamic->d_un.d_ptr);
        if (dynamic->d_tag == TAG_RELRSZ) size = dynamic->d_un.d_val;
    }
    struct run run = {0, 0};
    for (const uintptr_t *end = entry + size / sizeof *entry; entry && entry < end; entry++) {
        if (!(*entry & 1)) {
            where = base + *entry;
            touch(&run, where);
            where += sizeof where;
            continue;
        }
        uintptr_t bits = *entry >> 1;
        for (uintptr_t at = where; bits; bits >>= 1, at += sizeof at)
            if (bits & 1) touch(&run, at);
        where += 63 * sizeof where;
    }
    if (run.to > run.from) populate(run.from, run.to);
}
