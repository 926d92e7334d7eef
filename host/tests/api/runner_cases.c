// SPDX-License-Identifier: MIT
/*
 * Tests in struct tst_test form, several in one program, most of which must
 * not pass: runner_test.sh runs each and checks what a user gets to see.
 */
#define TST_NO_DEFAULT_MAIN
#include "kvm_test.h"

static void say(const char *what)
{
	tst_res(TINFO, "%s", what);
}

static void set_up(void)
{
	say("set-up");
}

static void clean_up(void)
{
	say("clean-up");
}

static void pass(void)
{
	tst_res(TPASS, "passed");
}

static void run_case(unsigned int nr)
{
	if (nr == 1)
		tst_brk(TFAIL, "case %u failed", nr);
	tst_res(TPASS, "case %u passed", nr);
}

static void break_set_up(void)
{
	say("set-up");
	tst_brk(TBROK, "the set-up broke");
}

static void break_clean_up(void)
{
	say("clean-up");
	tst_brk(TBROK, "the clean-up broke");
}

static void say_nothing(void)
{
}

/* Errors by their names: errno, what TEST() kept, and a returned one. */
static void report_errors(void)
{
	TEST(open("/nonexistent", O_RDONLY));
	if (TST_RET == -1 && TST_ERR == ENOENT)
		tst_res(TPASS, "TEST() keeps the value and the error");
	else
		tst_res(TFAIL, "TEST() has %ld and %d", TST_RET, TST_ERR);
	errno = EBUSY;
	tst_res(TINFO | TERRNO, "errno");
	errno = EBUSY;
	tst_res(TINFO | TTERRNO, "kept");
	TST_RET = -EXDEV;
	tst_res(TINFO | TRERRNO, "returned");
	TEST(getpid());
	if (TST_ERR)
		tst_res(TFAIL, "TEST() keeps an error of before");
}

static void hang(void)
{
	for (;;)
		pause();
}

static void destroy_in_clean_up(void)
{
	struct tst_kvm_instance vm = {.vm_fd = -1, .vcpu_fd = -1};

	tst_kvm_destroy_instance(&vm);
	tst_kvm_cleanup();
	say("clean-up");
}

static const struct tst_tag tags[] = {
	{"linux-git", "0123456789ab"}, {"CVE", "2021-0000"}, {"note", "read it"}, {}};

static const struct tst_test passes = {
	.test_all = pass, .setup = set_up, .cleanup = clean_up, .tags = tags};
static const struct tst_test cases = {
	.test = run_case, .tcnt = 3, .setup = set_up, .cleanup = clean_up, .tags = tags};
static const struct tst_test set_up_breaks = {
	.test = run_case, .tcnt = 2, .setup = break_set_up, .cleanup = clean_up};
static const struct tst_test clean_up_breaks = {.test_all = pass, .cleanup = break_clean_up};
static const struct tst_test silent = {.test_all = say_nothing};
static const struct tst_test informs = {.test_all = set_up};
static const struct tst_test errors = {.test_all = report_errors};
static const struct tst_test skipped = {.test_all = pass, .setup = set_up, .tconf_msg = "why"};
static const struct tst_test hangs = {
	.test_all = hang, .timeout = 1, .max_runtime = 1, .runtime = 1, .cleanup = clean_up};
static const struct tst_test machine = {
	.test_all = tst_kvm_run, .setup = tst_kvm_setup, .cleanup = destroy_in_clean_up};
static const struct tst_test nothing;

__attribute__((constructor)) static void register_all(void)
{
	_Static_assert(LTP_ALIGN(0x1001, 0x1000) == 0x2000, "the next multiple");
	_Static_assert(LTP_ALIGN(0x1000, 0x1000) == 0x1000, "a multiple as it is");
	_Static_assert(ARRAY_SIZE(tags) == 4, "an array's elements");

	tst_register_test(&passes, "passes.c");
	tst_register_test(&cases, "cases.c");
	tst_register_test(&set_up_breaks, "set_up_breaks.c");
	tst_register_test(&clean_up_breaks, "clean_up_breaks.c");
	tst_register_test(&silent, "silent.c");
	tst_register_test(&informs, "informs.c");
	tst_register_test(&errors, "errors.c");
	tst_register_test(&skipped, "skipped.c");
	tst_register_test(&hangs, "hangs.c");
	tst_register_test(&machine, "machine.c");
	tst_register_test(&nothing, "nothing.c");
	tst_register_test(&passes, "DISABLED_passes.c");
}
