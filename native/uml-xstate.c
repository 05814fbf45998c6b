/*
 * uml-xstate: for LD_PRELOAD under user-mode-linux, and for nothing else.
 *
 * user-mode-linux 6.1 keeps the extended registers of its processes in a buffer smaller than those of a processor
 * with AMX. The kernel refuses a set that is not whole (PTRACE_SETREGSET(NT_X86_XSTATE): EFAULT), and the guest dies
 * at boot: "put_fp_registers … Attempted to kill init". So a short set is laid over what the process has, and the
 * whole is set. Where the buffer is large enough nothing changes.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAX_XSTATE 65536 /* octets: AMX needs 11008; the architecture leaves room for more */

static long whole_set(long pid, void *set, const struct iovec *given) {
    static unsigned char octets[MAX_XSTATE]; /* user-mode-linux traces from one thread */
    struct iovec whole = {octets, sizeof octets};
    if (syscall(SYS_ptrace, PTRACE_GETREGSET, pid, set, &whole) != 0 || whole.iov_len <= given->iov_len)
        return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, set, given);
    memcpy(octets, given->iov_base, given->iov_len);
    return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, set, &whole);
}

/* As glibc's, whose peeks give the word as their result where the kernel writes it through `data`. */
long ptrace(enum __ptrace_request request, ...) {
    va_list arguments;
    va_start(arguments, request);
    long pid = va_arg(arguments, pid_t);
    void *address = va_arg(arguments, void *);
    void *data = va_arg(arguments, void *);
    va_end(arguments);

    switch (request) {
    case PTRACE_SETREGSET:
        if ((long)address == NT_X86_XSTATE)
            return whole_set(pid, address, data);
        break;
    case PTRACE_PEEKTEXT:
    case PTRACE_PEEKDATA:
    case PTRACE_PEEKUSER: {
        long word;
        if (syscall(SYS_ptrace, request, pid, address, &word) < 0)
            return -1;
        errno = 0;
        return word;
    }
    default:
        break;
    }
    return syscall(SYS_ptrace, request, pid, address, data);
}
