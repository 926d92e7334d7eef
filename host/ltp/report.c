// SPDX-License-Identifier: MIT
/* tst_res() and tst_brk(), and the reporter behind them. */
#include "ringside/reporter.h"

#include <stdatomic.h>

#include "host/ltp/report.h"
#include "tst_test.h"

#define ERRNO_FLAGS (TERRNO | TTERRNO | TRERRNO)

long TST_RET;
int TST_ERR;

static void print_result(const char *file, int line, int type, const char *text)
{
	if (file)
		printf("%s:%d: ", file, line);
	printf("%s: %s\n", tst_result_name(type), text);
	fflush(stdout);
}

__attribute__((noreturn)) static void exit_process(int type)
{
	exit(type);
}

static void nothing_to_save(void)
{
}

static const struct tst_reporter line_printer = {
	.result = print_result,
	.end_test = exit_process,
	.abandon = nothing_to_save,
};

static _Atomic(const struct tst_reporter *) reporter = &line_printer;

const struct tst_reporter *tst_set_reporter(const struct tst_reporter *next)
{
	return atomic_exchange(&reporter, next);
}

const char *tst_result_name(int type)
{
	switch (type) {
	case TPASS:
		return "TPASS";
	case TFAIL:
		return "TFAIL";
	case TBROK:
		return "TBROK";
	case TWARN:
		return "TWARN";
	case TINFO:
		return "TINFO";
	case TCONF:
		return "TCONF";
	}
	return NULL;
}

void tst_report(const char *file, int line, int type, const char *text)
{
	atomic_load(&reporter)->result(file, line, type, text);
}

void tst_report_end(int type)
{
	atomic_load(&reporter)->end_test(type);
	__builtin_unreachable();
}

void tst_report_abandon(void)
{
	atomic_load(&reporter)->abandon();
}

static const char *errno_name(int err)
{
	const char *name = strerrorname_np(err);

	return name ? name : "unknown error";
}

/* The errno that @ttype asks for, or 0. */
static int wanted_errno(int ttype, int err)
{
	if (ttype & TERRNO)
		return err;
	if (ttype & TTERRNO)
		return TST_ERR;
	if (ttype & TRERRNO)
		return TST_RET < 0 ? -TST_RET : TST_RET;
	return 0;
}

/* Reports a formatted result; returns its type without flags. */
static int report_va(const char *file, int line, int ttype, int err, const char *fmt, va_list args)
{
	int type = ttype & ~ERRNO_FLAGS;
	char *text = NULL, *full = NULL;

	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	if (ttype & ERRNO_FLAGS) {
		err = wanted_errno(ttype, err);
		if (asprintf(&full, "%s: %s (%s)", text ? text : fmt, errno_name(err),
			     strerrordesc_np(err) ? strerrordesc_np(err) : "?") < 0)
			full = NULL;
	}
	tst_report(file, line, type, full ? full : text ? text : fmt);
	free(full);
	free(text);
	return type;
}

static void refuse_type(const char *file, int line, const char *func, int ttype, const char *valid)
{
	tst_brk_(file, line, TBROK, "%s(): result type %d (0x%x) is none of %s", func, ttype,
		 (unsigned int)ttype, valid);
}

void tst_res_(const char *file, int line, int ttype, const char *fmt, ...)
{
	int err = errno;
	va_list args;

	if (!tst_result_name(ttype & ~ERRNO_FLAGS))
		refuse_type(file, line, "tst_res", ttype,
			    "TPASS, TFAIL, TBROK, TWARN, TINFO, TCONF");
	va_start(args, fmt);
	report_va(file, line, ttype, err, fmt, args);
	va_end(args);
	errno = err;
}

void tst_brk_(const char *file, int line, int ttype, const char *fmt, ...)
{
	int type = ttype & ~ERRNO_FLAGS, err = errno;
	va_list args;

	if (type != TBROK && type != TCONF && type != TFAIL)
		refuse_type(file, line, "tst_brk", ttype, "TBROK, TCONF, TFAIL");
	va_start(args, fmt);
	report_va(file, line, ttype, err, fmt, args);
	va_end(args);
	atomic_load(&reporter)->end_test(type);
	__builtin_unreachable();
}
