// SPDX-License-Identifier: MIT
/* The clock of a test: ends guests, tests and processes that hang. */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

#include "host/ltp/blocked.h"
#include "host/ltp/report.h"
#include "host/ltp/vm.h"
#include "ringside/reporter.h"
#include "ringside/runner.h"

/* For a test to end by itself once its guests have been stopped. */
#define GRACE_SECONDS 5

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t started = PTHREAD_ONCE_INIT;
static pthread_cond_t changed;
static bool armed;
static unsigned long round_nr; /* counts arm and disarm, to tell them apart */
static struct timespec deadline;
static int limit;

static bool has_running_cpu(const struct engine_vm *vm)
{
	struct engine_vcpu *vcpu;
	unsigned int i;

	for (i = 0; i < vm->vcpu_count; i++) {
		if (vm->vcpus[i] && engine_is_running(vm->vcpus[i]))
			return true;
	}
	for (vcpu = vm->extra; vcpu; vcpu = vcpu->next_extra) {
		if (engine_is_running(vcpu))
			return true;
	}
	return false;
}

static bool any_guest_runs(void)
{
	const struct engine_vm *vm;

	pthread_mutex_lock(&engine_lock);
	for (vm = engine_vms; vm && !has_running_cpu(vm); vm = vm->next)
		;
	pthread_mutex_unlock(&engine_lock);
	return vm;
}

static void stop_guests(void)
{
	const struct engine_vm *vm;

	pthread_mutex_lock(&engine_lock);
	for (vm = engine_vms; vm; vm = vm->next)
		tst_vm_time_out(vm->user);
	pthread_mutex_unlock(&engine_lock);
}

/* A guest that was idle when another test's time ran out may run now. */
static void forget_timeouts(void)
{
	const struct engine_vm *vm;

	pthread_mutex_lock(&engine_lock);
	for (vm = engine_vms; vm; vm = vm->next) {
		struct tst_kvm_vm *user = vm->user;
		struct engine_vcpu *vcpu;
		unsigned int i;

		if (!tst_flag(&user->timed_out))
			continue;
		tst_set_flag(&user->timed_out, false);
		for (i = 0; i < vm->vcpu_count && !tst_flag(&user->over); i++) {
			if (vm->vcpus[i])
				vm->vcpus[i]->run->immediate_exit = 0;
		}
		for (vcpu = vm->extra; vcpu && !tst_flag(&user->over); vcpu = vcpu->next_extra)
			vcpu->run->immediate_exit = 0;
	}
	pthread_mutex_unlock(&engine_lock);
}

/* Waits for the deadline. Returns false when the test ended, or another began. */
static bool wait_locked(unsigned long nr)
{
	while (armed && round_nr == nr) {
		if (pthread_cond_timedwait(&changed, &lock, &deadline) == ETIMEDOUT)
			return armed && round_nr == nr;
	}
	return false;
}

static void give_up(void)
{
	tst_report(NULL, 0, TBROK,
		   "the test does not end although its time is over; "
		   "the process gives up, and tests after this one do not run");
	tst_report_abandon();
	_exit(1);
}

/*
 * Everything happens under the lock: the test cannot disarm, and the next one
 * cannot begin, before this one has got its failure.
 */
static void expire_locked(unsigned long nr)
{
	char text[1024], waiting[800];

	tst_blocked_describe(waiting, sizeof(waiting));
	snprintf(text, sizeof(text), "the test did not end within %d s%s%s", limit,
		 any_guest_runs() ? "; stopping its guests" : ", and no guest is running", waiting);
	tst_report(NULL, 0, TBROK, text);
	stop_guests();

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += GRACE_SECONDS;
	if (wait_locked(nr))
		give_up();
}

static void *watch(void *arg)
{
	pthread_mutex_lock(&lock);
	for (;;) {
		unsigned long nr = round_nr;

		if (!armed)
			pthread_cond_wait(&changed, &lock);
		else if (wait_locked(nr))
			expire_locked(nr);
	}
	return arg;
}

static void start(void)
{
	pthread_condattr_t attr;
	sigset_t all, old;
	pthread_t thread;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&changed, &attr);
	pthread_condattr_destroy(&attr);

	/* The test's signals are for the test's threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (pthread_create(&thread, NULL, watch, NULL) == 0)
		pthread_detach(thread);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void set_locked(int seconds)
{
	round_nr++;
	armed = seconds > 0;
	if (armed) {
		limit = seconds;
		clock_gettime(CLOCK_MONOTONIC, &deadline);
		deadline.tv_sec += seconds;
	}
	pthread_cond_signal(&changed);
}

/* For machines that are slow: emulated, or under a sanitizer. */
static double multiplier(void)
{
	const char *text = getenv("LTP_TIMEOUT_MUL");
	char *end;
	double value;

	if (!text || !*text)
		return 1;
	value = strtod(text, &end);
	if (*end || !(value > 0 && value <= 10000))
		lib_brk(TBROK,
			"LTP_TIMEOUT_MUL is \"%s\"; it must be a number above 0, up to 10000",
			text);
	return value;
}

void tst_watchdog_arm(int seconds)
{
	double total;

	if (seconds == TST_UNLIMITED_TIMEOUT) {
		tst_watchdog_disarm();
		return;
	}
	total = seconds * multiplier();
	pthread_once(&started, start);
	forget_timeouts();
	pthread_mutex_lock(&lock);
	set_locked(total < 1 ? 1 : total < INT_MAX ? (int)total : INT_MAX);
	pthread_mutex_unlock(&lock);
}

void tst_watchdog_disarm(void)
{
	pthread_mutex_lock(&lock);
	if (armed)
		set_locked(0);
	pthread_mutex_unlock(&lock);
}
