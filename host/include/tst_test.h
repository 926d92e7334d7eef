/* SPDX-License-Identifier: MIT */
/*
 * Tests on the controller's side: struct tst_test, results, guarded buffers.
 *
 * A C source that includes this header defines its test as
 *
 *	static struct tst_test test = { .test_all = run };
 *
 * and needs no main(): the header registers the test, unless
 * TST_NO_DEFAULT_MAIN is defined before. A source that only helps others, and
 * has no test, need do nothing. C++ sources write GoogleTest tests instead,
 * and use the functions from there.
 */
#ifndef RINGSIDE_HOST_TST_TEST_H
#define RINGSIDE_HOST_TST_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "kvm_abi.h"
#include "tst_safe_macros.h"

/* Add an errno's name and text to a message; or'ed to the result type. */
#define TERRNO 0x100 /* errno */
#define TTERRNO 0x200 /* TST_ERR */
#define TRERRNO 0x400 /* TST_RET, an error number or its negative */

#define LTP_ATTRIBUTE_NORETURN __attribute__((noreturn))
#define LTP_ATTRIBUTE_UNUSED __attribute__((unused))
#define LTP_ATTRIBUTE_UNUSED_RESULT __attribute__((warn_unused_result))

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(arr) (sizeof(arr) / sizeof((arr)[0]))
#endif

/* @x rounded up to a multiple of @a, a power of 2. */
#define LTP_ALIGN(x, a) (((x) + ((__typeof__(x))(a) - 1)) & ~((__typeof__(x))(a) - 1))

/* struct tst_test .timeout: no limit */
#define TST_UNLIMITED_TIMEOUT (-1)

/* struct tst_test .taint_check */
#define TST_TAINT_D (1u << 7) /* the kernel has oopsed or BUGged */
#define TST_TAINT_W (1u << 9) /* the kernel has warned */

/* struct tst_path_val .flags: what to do about a file that... */
#define TST_SR_TBROK_MISSING 0x0 /* is missing: break the test */
#define TST_SR_TCONF_MISSING 0x1 /* is missing: skip the test */
#define TST_SR_SKIP_MISSING 0x2 /* is missing: go on without */
#define TST_SR_TBROK_RO 0x0 /* is read-only: break the test */
#define TST_SR_TCONF_RO 0x4 /* is read-only: skip the test */
#define TST_SR_SKIP_RO 0x8 /* is read-only: go on without */
#define TST_SR_IGNORE_ERR 0x10 /* cannot be written for another reason: go on */
#define TST_SR_TBROK (TST_SR_TBROK_MISSING | TST_SR_TBROK_RO)
#define TST_SR_TCONF (TST_SR_TCONF_MISSING | TST_SR_TCONF_RO)
#define TST_SR_SKIP (TST_SR_SKIP_MISSING | TST_SR_SKIP_RO)

#ifdef __cplusplus
extern "C" {
#endif

/* What a failing test may point to; the list ends with an empty tag. */
struct tst_tag {
	const char *name; /* "linux-git", "CVE", … */
	const char *value; /* a commit, "2021-3653", … */
};

/* A file under /proc or /sys to set for a test; ends with an empty entry. */
struct tst_path_val {
	const char *path;
	const char *val; /* what to write; NULL: only put it back afterwards */
	unsigned int flags; /* TST_SR_* */
};

/*
 * A test and what it needs. A need that is not met skips the test with its
 * reason. Fields that a test source may not use here do not exist: the
 * compiler says so.
 */
struct tst_test {
	/* The test: either one function, or one called with 0 to tcnt - 1. */
	void (*test_all)(void);
	void (*test)(unsigned int nr);
	unsigned int tcnt;

	/*
	 * Called once before and after the test's cases. The clean-up runs
	 * also when the set-up broke half-way.
	 */
	void (*setup)(void);
	void (*cleanup)(void);

	/*
	 * Seconds for the set-up, for each case, for the clean-up; 0 means 30.
	 * The environment's variable LTP_TIMEOUT_MUL multiplies them.
	 */
	int timeout;
	int max_runtime; /* seconds to add to the timeout */
	int runtime; /* the same */

	const char *tconf_msg; /* skip the test with this reason */

	unsigned int needs_root : 1;
	unsigned int skip_in_lockdown : 1;
	unsigned int skip_in_secureboot : 1;
	unsigned int skip_in_compat : 1; /* a controller is never a 32-bit program */
	unsigned int forks_child : 1; /* says so; nothing to do */

	unsigned int min_cpus; /* CPUs that the controller may use */
	size_t min_mem_avail; /* MiB */
	const char *min_kver; /* "5.10" */
	unsigned int taint_check; /* TST_TAINT_* that must not appear */

	/* Lists that end with NULL. */
	const char *const *supported_archs; /* of the controller: "x86_64", … */
	const char *const *needs_kconfigs; /* "CONFIG_KVM", "CONFIG_A=y | !CONFIG_B" */
	const char *const *needs_drivers; /* kernel modules, built in or not */

	const struct tst_path_val *save_restore;
	const struct tst_tag *tags; /* printed when the test fails */
};

/*
 * Reports a result. @ttype is TPASS, TFAIL, TBROK, TWARN, TINFO or TCONF, with
 * TERRNO, TTERRNO or TRERRNO or'ed to it; the rest is a printf format, a literal,
 * with its arguments, which the compiler checks. From any thread.
 */
#define tst_res(ttype, ...) tst_res_(__FILE__, __LINE__, (ttype), __VA_ARGS__)

/*
 * Reports a result (TBROK, TCONF or TFAIL) and ends the test: its clean-up runs
 * and the process goes on to the next test. Called in another thread than the
 * test's, it ends that thread only, and the test has failed or is skipped.
 */
#define tst_brk(ttype, ...) tst_brk_(__FILE__, __LINE__, (ttype), __VA_ARGS__)

/* tst_res() and tst_brk() with the place that a message is about. */
void tst_res_(const char *file, int line, int ttype, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void tst_brk_(const char *file, int line, int ttype, const char *fmt, ...)
	__attribute__((format(printf, 4, 5), noreturn));

/* What TEST() found. */
extern long TST_RET; /* the value of the expression */
extern int TST_ERR; /* errno after it; 0 if it was not set */

/*
 * A zeroed buffer of @size bytes, not 0, that ends at an inaccessible page
 * and begins on or after another one: an access past its end faults, with a
 * report that names the buffer. So does an access before its beginning if
 * @size is a multiple of the page size; otherwise the bytes between are
 * checked when the buffer is freed. Aligned no better than @size is.
 */
void *tst_alloc(size_t size);

/*
 * Frees all buffers of tst_alloc() and tst_kvm_alloc_memory(), except those
 * that are the memory of an existing virtual machine.
 */
void tst_free_all(void);

/*
 * Reads a decimal number, all of @str, into @val. Returns 0, or EINVAL if
 * @str is not a number or ERANGE if it is not in @min to @max.
 */
int tst_parse_int(const char *str, int *val, int min, int max);

/*
 * Registers the test of a source file; this header does it for C sources.
 * @test and @file must last. A test with neither .test_all nor .test and
 * nothing else set is taken for the absence of a test.
 */
void tst_register_test(const struct tst_test *test, const char *file);

#ifdef __cplusplus
}
#else

/* Evaluates a call into TST_RET and TST_ERR. (In C++ it is GoogleTest's.) */
#define TEST(SCALL)                \
	do {                       \
		errno = 0;         \
		TST_RET = (SCALL); \
		TST_ERR = errno;   \
	} while (0)

/* A program that only skips: for what cannot be built or make sense here. */
#define TST_TEST_TCONF(message) static struct tst_test test = {.tconf_msg = (message)}

#ifndef TST_NO_DEFAULT_MAIN
/*
 * The source's own definition completes this one. It is used below, which an
 * editor that skips the bodies of a header's functions does not see.
 */
static struct tst_test test __attribute__((unused));

__attribute__((constructor)) static void tst_register_this_source(void)
{
	tst_register_test(&test, __BASE_FILE__); /* __FILE__ is this header */
}
#endif

#endif /* __cplusplus */

#endif /* RINGSIDE_HOST_TST_TEST_H */
