// SPDX-License-Identifier: MIT
/* Explains a fault in a guarded buffer's guard page before the process dies. */
#include <inttypes.h>
#include <signal.h>

#include "host/ltp/buffers.h"
#include "host/ltp/report.h"
#include "ringside/reporter.h"
#include "tst_test.h"

/* Room for a report even when the fault is in the last bytes of the stack. */
#define ALT_STACK_SIZE (64 * 1024)

/* Seconds after which a report that does not come to its end is given up. */
#define REPORT_SECONDS 5

static struct sigaction previous[2];
static char alt_stack[ALT_STACK_SIZE];

static struct sigaction *previous_of(int sig)
{
	return &previous[sig == SIGBUS];
}

static void explain(uintptr_t addr, const struct tst_buffer_hit *hit)
{
	char text[256];

	if (addr < hit->addr)
		snprintf(text, sizeof(text),
			 "access to %#" PRIxPTR ", %" PRIuPTR
			 " bytes before the guarded buffer of %zu bytes at %#" PRIxPTR,
			 addr, hit->addr - addr, hit->size, hit->addr);
	else
		snprintf(text, sizeof(text),
			 "access to %#" PRIxPTR ", %" PRIuPTR
			 " bytes past the end of the guarded buffer of %zu bytes at %#" PRIxPTR,
			 addr, addr - (hit->addr + hit->size), hit->size, hit->addr);
	tst_report(NULL, 0, TBROK, text);
	tst_report_abandon();
}

static void on_fault(int sig, siginfo_t *info, void *context LTP_ATTRIBUTE_UNUSED)
{
	uintptr_t addr = (uintptr_t)info->si_addr;
	struct tst_buffer_hit hit;

	if (tst_buffer_guards(addr, &hit)) {
		/*
		 * The fault is one of the test's own accesses, so the report may
		 * do more than a signal handler usually may; should a lock be
		 * held that it needs after all, the alarm ends the process.
		 */
		signal(SIGALRM, SIG_DFL);
		alarm(REPORT_SECONDS);
		explain(addr, &hit);
		signal(sig, SIG_DFL);
	} else {
		sigaction(sig, previous_of(sig), NULL);
	}
	/* The access is tried again, and the fault meets the other handler. */
}

void tst_guard_report_install(void)
{
	stack_t stack = {.ss_sp = alt_stack, .ss_size = sizeof(alt_stack)}, old;
	struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	/* A sanitizer has one of its own. */
	if (!sigaltstack(NULL, &old) && (old.ss_flags & SS_DISABLE))
		sigaltstack(&stack, NULL);
	sigemptyset(&action.sa_mask);
	sigaction(SIGSEGV, &action, previous_of(SIGSEGV));
	sigaction(SIGBUS, &action, previous_of(SIGBUS));
}
