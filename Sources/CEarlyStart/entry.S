// Where the released program begins (scripts/release.sh), before its own relocation: first has the pages made that relocation
// is about to write, then goes on where the C library begins, with all registers and the stack as the kernel left them.
    .text
    .globl lockgate_start
    .hidden early_fault_in
    .type lockgate_start, %function
lockgate_start:
#if defined(__x86_64__)
    endbr64
    movq %rdx, %r12
    call early_fault_in
    movq %r12, %rdx
    jmp _start
#elif defined(__aarch64__)
    hint #34
    mov x19, x0
    bl early_fault_in
    mov x0, x19
    b _start
#else
#error "lockgate starts on x86_64 and aarch64"
#endif
    .size lockgate_start, . - lockgate_start
    .section .note.GNU-stack, "", %progbits
