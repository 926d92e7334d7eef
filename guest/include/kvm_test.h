/* SPDX-License-Identifier: MIT */
/*
 * The payload's side of the KVM test API: what code on bare virtual hardware
 * can call. The controller's side is the header of the same name in host/.
 *
 * A payload defines void main(void), which CPU 0 runs. It starts with paging on,
 * the lower 2 GiB and the result slot mapped one to one, an 8 KiB stack (or one of
 * kvm_test's payload_stack_size) and handlers for CPU exceptions; it ends when main
 * returns or kvm_exit is called. There is no other library, and floating point with
 * payload_features = ["simd"] alone.
 */
#ifndef RINGSIDE_GUEST_KVM_TEST_H
#define RINGSIDE_GUEST_KVM_TEST_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "kvm_abi.h"

/** Number of elements of the array arr (not of a pointer). */
#define ARRAY_SIZE(arr) (sizeof(arr) / sizeof((arr)[0]))

/** x rounded up to a multiple of a, a power of two. */
#define LTP_ALIGN(x, a) (((x) + (__typeof__(x))(a) - 1) & ~((__typeof__(x))(a) - 1))

/** Memory sizes, in bytes. */
#define TST_KB 1024
#define TST_MB 1048576
#define TST_GB 1073741824LL

#ifndef LTP_ATTRIBUTE_UNUSED
#define LTP_ATTRIBUTE_UNUSED __attribute__((unused))
#endif

/** A whole payload that reports TCONF with the given literal and ends. */
#define TST_TEST_TCONF(message)                \
	void main(void)                        \
	{                                      \
		tst_brk(TCONF, "%s", message); \
	}

/** The test's own code, called once by the start code. */
void main(void);

/*
 * The C library, as far as it goes: as in the C standard.
 */

/** Sets size bytes at dest to (unsigned char)val. Returns dest. */
void *memset(void *dest, int val, size_t size);

/** Sets size bytes at dest to zero. Returns dest. */
void *memzero(void *dest, size_t size);

/** Copies size bytes from src to dest; they must not overlap. Returns dest. */
void *memcpy(void *dest, const void *src, size_t size);

/** Copies size bytes from src to dest, which may overlap. Returns dest. */
void *memmove(void *dest, const void *src, size_t size);

/** Compares size bytes as unsigned values; less than, equal to or greater than 0. */
int memcmp(const void *a, const void *b, size_t size);

/** Copies the string src with its NUL to dest. Returns dest. */
char *strcpy(char *dest, const char *src);

/** Appends the string src to the string dest. Returns dest. */
char *strcat(char *dest, const char *src);

/** Compares two strings; less than, equal to or greater than 0. */
int strcmp(const char *a, const char *b);

/** Length of the string str in bytes, without its NUL. */
size_t strlen(const char *str);

/** First place of (char)c in str, its NUL included, or NULL. */
char *strchr(const char *str, int c);

/** Last place of (char)c in str, its NUL included, or NULL. */
char *strrchr(const char *str, int c);

/*
 * A format is a literal; with arguments that it does not fit, the source does
 * not compile. Nor does it with floating-point arguments in a payload that has no
 * payload_features = ["simd"].
 */

/**
 * Formats into dest, which must be large enough, and adds a NUL.
 *
 * Conversions: d i u x X o b B c s p %, and with SIMD f F e E g G a A, with the
 * flags "- + space # 0 '", a width, a precision (numbers or *) and the lengths
 * hh h l ll q z t j L. Each other one ends the test with TBROK, and so does a long
 * double with a binary exponent beyond 1,200 but with %La.
 *
 * Returns the length of the text without its NUL.
 */
int sprintf(char *dest, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** sprintf() that writes size bytes at most, NUL included, and returns the whole length. */
int snprintf(char *dest, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#ifndef KVM_PAYLOAD_SIMD
/*
 * The compiler takes %f for what it is, and a payload can't: so each argument's type
 * is looked at. Each step takes one argument; there are as many as 64 steps.
 */
#define KVM_CHECK_ARG_(arg)                                                                      \
	(void)sizeof(struct {                                                                    \
		_Static_assert(_Generic((arg), float: 0, double: 0, long double: 0, default: 1), \
			       "payloads have no floating point, but with "                      \
			       "payload_features = [\"simd\"] of kvm_test");                     \
		int unused;                                                                      \
	}),
#define KVM_NOTHING_
#define KVM_NEXT_() KVM_STEP_
#define KVM_STEP_(arg, ...) KVM_CHECK_ARG_(arg) __VA_OPT__(KVM_NEXT_ KVM_NOTHING_()(__VA_ARGS__))
#define KVM_REPEAT_1_(...) __VA_ARGS__
#define KVM_REPEAT_4_(...) KVM_REPEAT_1_(KVM_REPEAT_1_(KVM_REPEAT_1_(KVM_REPEAT_1_(__VA_ARGS__))))
#define KVM_REPEAT_16_(...) KVM_REPEAT_4_(KVM_REPEAT_4_(KVM_REPEAT_4_(KVM_REPEAT_4_(__VA_ARGS__))))
#define KVM_REPEAT_64_(...) \
	KVM_REPEAT_16_(KVM_REPEAT_16_(KVM_REPEAT_16_(KVM_REPEAT_16_(__VA_ARGS__))))
#define KVM_CHECK_ARGS_(fmt, ...) __VA_OPT__(KVM_REPEAT_64_(KVM_STEP_(__VA_ARGS__)))

#define sprintf(dest, ...) (KVM_CHECK_ARGS_(__VA_ARGS__) sprintf((dest), __VA_ARGS__))
#define snprintf(dest, size, ...) \
	(KVM_CHECK_ARGS_(__VA_ARGS__) snprintf((dest), (size), __VA_ARGS__))
#else
#define KVM_CHECK_ARGS_(...)
#endif

/** sprintf() with the arguments in ap. */
int vsprintf(char *dest, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/** snprintf() with the arguments in ap. */
int vsnprintf(char *dest, size_t size, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

/*
 * Results.
 */

/**
 * Reports a result to the controller and goes on.
 *
 * result: TPASS, TFAIL, TBROK, TWARN, TINFO or TCONF; the format's conversions
 * are those of sprintf(). A text that does not fit into the result page
 * (KVM_RESULT_MESSAGE_SIZE) is cut and ends in "...".
 */
#define tst_res(result, ...) \
	(KVM_CHECK_ARGS_(__VA_ARGS__) tst_res_(__FILE__, __LINE__, (result), __VA_ARGS__))

/** Reports a result to the controller and ends the payload. */
#define tst_brk(result, ...) \
	(KVM_CHECK_ARGS_(__VA_ARGS__) tst_brk_(__FILE__, __LINE__, (result), __VA_ARGS__))

/** What tst_res() expands to: file is a string that stays where it is. */
void tst_res_(const char *file, int lineno, int result, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** What tst_brk() expands to. */
void tst_brk_(const char *file, int lineno, int result, const char *fmt, ...)
	__attribute__((format(printf, 4, 5), noreturn));

/*
 * Control flow between guest and host.
 */

/**
 * Ends what the running CPU does, like returning from main() or from the
 * function that it was started with.
 */
void kvm_exit(void) __attribute__((noreturn));

/**
 * Leaves the virtual machine; the controller may resume it. In a run loop of the
 * controller's own, tst_kvm_run_vcpu() returns KVM_EXIT_HLT; tst_kvm_run_instance()
 * resumes the CPU at once. Where KVM has no interrupt controllers, it is a HLT.
 */
void kvm_yield(void);

/**
 * Tells the host something without stopping: KVM_TSYNC in the running CPU's
 * result slot, with data in its file_addr. A signal that was not taken yet is
 * overwritten.
 */
void tst_signal_host(void *data);

/** tst_signal_host(), then waits (busily) until the host has cleared the signal. */
void tst_wait_host(void *data);

/*
 * CPUs. Each has a stack, a task-state segment and a result slot of its own; the
 * page tables, interrupt callbacks and the heap are everybody's. Every function
 * here that does not say otherwise works on all CPUs at the same time.
 */

/** Index of the running CPU; 0 runs main(). */
unsigned int tst_cpu(void);

/** How many CPUs the machine has. */
unsigned int tst_cpus(void);

/**
 * Has CPU cpu (1 to tst_cpus() - 1) run func(arg), and returns at once. Where KVM
 * has the interrupt controllers, the CPU gets INIT and a startup IPI; elsewhere
 * the controller starts it. A CPU whose function has ended can be started again;
 * one that still runs its function ends the test with TBROK.
 */
void tst_start_cpu(unsigned int cpu, void (*func)(void *arg), void *arg);

/** Waits (busily) until the function that CPU cpu was started with has ended. */
void tst_join_cpu(unsigned int cpu);

/** What the controller's tst_kvm_set_arg() set for the running CPU; 0 if nothing. */
uint64_t tst_arg(void);

/**
 * The input of this run: *size bytes, at most KVM_INPUT_SIZE, which the payload may
 * overwrite. In a kvm_fuzz_test, each input begins where this returns: what has been
 * done before is done once. Elsewhere, it is what tst_kvm_set_input() of the controller
 * gave.
 */
uint8_t *tst_input(size_t *size);

/** A lock; all zero is unlocked. Not to be taken twice by one CPU. */
struct tst_lock {
	uint32_t taken;
};

/** Waits (busily) for the lock and takes it. */
void tst_lock(struct tst_lock *lock);

/** Gives the lock back. */
void tst_unlock(struct tst_lock *lock);

/** A place where CPUs wait for each other; all zero is empty. */
struct tst_barrier {
	uint32_t waiting, round;
};

/** Returns when cpus CPUs have called it; then the barrier is empty and can be used again. */
void tst_wait_barrier(struct tst_barrier *barrier, unsigned int cpus);

/*
 * Memory: a heap that only grows, from the payload's end to the end of RAM (less
 * the other CPUs' stacks), or of the 2 GiB that are mapped. Exhausting it ends the
 * test with TBROK. Each allocation belongs to its caller; CPUs may allocate at once.
 */

/** Allocates size bytes, aligned for any type. Never returns NULL. */
void *tst_heap_alloc(size_t size);

/** Allocates size bytes at a multiple of align, a power of two (else TBROK). */
void *tst_heap_alloc_aligned(size_t size, size_t align);

/*
 * Interrupts.
 */

/** The state of the interrupted code; arch headers have functions to read it. */
struct kvm_interrupt_frame;

/**
 * An interrupt handler: userdata is what tst_set_interrupt_callback() was given,
 * errcode the CPU's error code, or 0 for a vector without one.
 *
 * Returns 0 to resume the interrupted code. Any other value ends the test: the
 * interrupt is reported as unexpected.
 */
typedef int (*tst_interrupt_callback)(void *userdata, struct kvm_interrupt_frame *ifrm,
				      unsigned long errcode);

/** Number of exception vectors. */
#define INTERRUPT_COUNT 32

/** Names of the CPU's exceptions, by vector; NULL for a reserved one. */
extern const char *const tst_interrupt_names[INTERRUPT_COUNT];

/**
 * Sets the handler of a vector in place of any that it has; with NULL, the
 * vector's interrupt is fatal. An unknown vector ends the test with TBROK.
 */
void tst_set_interrupt_callback(unsigned int vector, tst_interrupt_callback func, void *userdata);

#if defined(__x86_64__) || defined(__i386__)
#include "kvm_x86.h"
#endif

#endif /* RINGSIDE_GUEST_KVM_TEST_H */
