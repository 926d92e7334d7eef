// SPDX-License-Identifier: MIT
/* struct tst_test: registering it and running its parts. */
#include "ringside/runner.h"

#include "host/ltp/report.h"
#include "host/ltp/suite.h"
#include "kvm_test.h"

#define DEFAULT_TIMEOUT 30

static struct tst_suite *suites;
static __thread bool in_cleanup;

bool tst_in_cleanup(void)
{
	return in_cleanup;
}

static bool is_empty(const struct tst_test *test)
{
	static const struct tst_test nothing;

	return memcmp(test, &nothing, sizeof(nothing)) == 0;
}

void tst_register_test(const struct tst_test *test, const char *file)
{
	struct tst_suite *suite;

	/* A source that includes the header but has no test. */
	if (is_empty(test))
		return;
	suite = calloc(1, sizeof(*suite));
	if (!suite)
		abort();
	suite->test = test;
	suite->file = file;
	suite->next = suites;
	suites = suite;
}

struct tst_suite *tst_suites(void)
{
	return suites;
}

const char *tst_suite_error(const struct tst_suite *suite)
{
	const struct tst_test *test = suite->test;

	if (test->tconf_msg)
		return NULL;
	if (!test->test && !test->test_all)
		return "struct tst_test test has neither .test_all nor .test; set one";
	if (test->test && test->test_all)
		return "struct tst_test test has both .test_all and .test; set one";
	if (test->test && !test->tcnt)
		return "struct tst_test test has .test but .tcnt is 0; set the number of cases";
	if (test->test_all && test->tcnt)
		return "struct tst_test test has .tcnt, which is for .test, not for .test_all";
	if (test->timeout < TST_UNLIMITED_TIMEOUT || test->max_runtime < 0 || test->runtime < 0)
		return "struct tst_test test has a negative .timeout, .max_runtime or .runtime; "
		       "no limit is TST_UNLIMITED_TIMEOUT";
	return NULL;
}

unsigned int tst_suite_cases(const struct tst_suite *suite)
{
	return suite->test->test ? suite->test->tcnt : 1;
}

static int timeout_of(const struct tst_test *test)
{
	long seconds = test->timeout ? test->timeout : DEFAULT_TIMEOUT;

	if (test->timeout == TST_UNLIMITED_TIMEOUT)
		return TST_UNLIMITED_TIMEOUT;
	seconds += (long)test->max_runtime + test->runtime;
	return seconds > INT_MAX ? INT_MAX : (int)seconds;
}

void tst_suite_set_up(struct tst_suite *suite)
{
	const struct tst_test *test = suite->test;

	tst_watchdog_arm(timeout_of(test));
	tst_check_needs(test);
	suite->set_up = 1;
	tst_taint_remember(test->taint_check);
	tst_save_files(test->save_restore);
	if (test->setup)
		test->setup();
	tst_watchdog_disarm();
}

void tst_suite_run_case(struct tst_suite *suite, unsigned int nr, bool again)
{
	const struct tst_test *test = suite->test;

	tst_watchdog_arm(timeout_of(test));
	/* A function of the test's own may do anything after it, with KVM's modules too. */
	tst_kvm_run_again(again && test->test_all == tst_kvm_run);
	if (test->test)
		test->test(nr);
	else
		test->test_all();
	tst_watchdog_disarm();
}

void tst_suite_clean_up(struct tst_suite *suite)
{
	const struct tst_test *test = suite->test;

	if (!suite->set_up)
		return;
	tst_watchdog_arm(timeout_of(test));
	in_cleanup = true;
	if (test->cleanup)
		test->cleanup();
	in_cleanup = false;
}

void tst_suite_finish(struct tst_suite *suite)
{
	in_cleanup = false;
	tst_watchdog_disarm();
	if (!suite->set_up)
		return;
	suite->set_up = 0;
	tst_free_all();
	tst_restore_files();
	tst_taint_check();
}

/* The web page of a tag's value, if there is one. */
static const char *tag_url(const char *name)
{
	if (!strcmp(name, "linux-git"))
		return "https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/commit/?id=";
	if (!strcmp(name, "CVE"))
		return "https://cve.mitre.org/cgi-bin/cvename.cgi?name=CVE-";
	return NULL;
}

static void print_tag(FILE *out, const struct tst_tag *tag)
{
	const char *url = tag_url(tag->name);

	if (!strcmp(tag->name, "linux-git"))
		fprintf(out, "the kernel may lack the fix %s", tag->value);
	else if (!strcmp(tag->name, "CVE"))
		fprintf(out, "the kernel may be vulnerable to CVE-%s", tag->value);
	else
		fprintf(out, "see %s %s", tag->name, tag->value);
	if (url)
		fprintf(out, ": %s%s", url, tag->value);
	fputc('\n', out);
}

char *tst_suite_hints(const struct tst_suite *suite)
{
	const struct tst_tag *tag = suite->test->tags;
	char *text = NULL;
	size_t size;
	FILE *out;

	if (!tag || !tag->name)
		return NULL;
	out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	for (; tag->name; tag++)
		print_tag(out, tag);
	fclose(out);
	return text;
}
