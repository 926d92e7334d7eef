// SPDX-License-Identifier: MIT
/* The clock of a test: ends guests, tests and processes that hang. */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

#include "host/ltp/blocked.h"
#include "host/ltp/report.h"
#include "host/ltp/suite.h"
#include "host/ltp/vm.h"
#include "ringside/reporter.h"
#include "ringside/runner.h"

/* For a test to end by itself once its guests have been stopped. */
#define GRACE_SECONDS 5

/*
 * Bazel ends a test without a word when TEST_TIMEOUT seconds have passed. So
 * long before, at most, and at most that part of it, it is ended here: guests
 * are stopped and shown, and half of the margin is for the test's own end.
 */
#define BAZEL_VARIABLE "TEST_TIMEOUT"
#define BAZEL_MARGIN_MS 6000
#define BAZEL_MARGIN_PART 4

/* On an emulated machine, a byte from this descriptor says that it is so far. */
#define TIME_VARIABLE "RINGSIDE_TIME_FD"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t started = PTHREAD_ONCE_INIT;
static pthread_cond_t changed;
static bool armed;
static unsigned long round_nr; /* counts arm and disarm, to tell them apart */
static struct timespec deadline;
static int limit; /* the test's own, in seconds; 0: none, and Bazel's is the deadline */

/* Bazel's limit, for the whole process. */
static struct {
	bool known; /* there is a deadline */
	bool reported; /* it has passed once: what is left is for clean-ups */
	struct timespec deadline;
	long grace_ms; /* as GRACE_SECONDS */
	int time_fd; /* where the deadline is told; -1 */
} bazel = {.time_fd = -1};

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
	return vm || engine_foreign_runs();
}

static void stop_guests(void)
{
	const struct engine_vm *vm;

	pthread_mutex_lock(&engine_lock);
	for (vm = engine_vms; vm; vm = vm->next)
		tst_vm_time_out(vm->user);
	pthread_mutex_unlock(&engine_lock);
	engine_stop_foreign();
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
	engine_allow_foreign();
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

static bool is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/* Whether it is Bazel's limit that has been reached, or comes first. */
static bool is_bazels(void)
{
	return bazel.known && !is_before(&deadline, &bazel.deadline);
}

static void add_ms(struct timespec *time, long ms)
{
	time->tv_sec += ms / 1000;
	time->tv_nsec += ms % 1000 * 1000000;
	if (time->tv_nsec >= 1000000000) {
		time->tv_sec++;
		time->tv_nsec -= 1000000000;
	}
}

bool tst_watchdog_bazel_expired(void)
{
	bool expired;

	pthread_mutex_lock(&lock);
	expired = bazel.reported;
	pthread_mutex_unlock(&lock);
	return expired;
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
	char text[1200], waiting[800], when[200];
	const bool bazels = is_bazels();

	if (bazels)
		snprintf(when, sizeof(when),
			 "the test has not ended shortly before Bazel's timeout of %s s "
			 "(" BAZEL_VARIABLE
			 "; Fix: a larger size or timeout, if it needs that long)",
			 getenv(BAZEL_VARIABLE));
	else
		snprintf(when, sizeof(when), "the test did not end within %d s", limit);
	tst_blocked_describe(waiting, sizeof(waiting));
	snprintf(text, sizeof(text), "%s%s%s", when,
		 any_guest_runs() ? "; stopping its guests" : ", and no guest is running", waiting);
	tst_report(NULL, 0, TBROK, text);
	if (bazels && bazel.reported)
		give_up();
	stop_guests();

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	add_ms(&deadline, bazels ? bazel.grace_ms : GRACE_SECONDS * 1000L);
	if (bazels) {
		bazel.reported = true;
		bazel.deadline = deadline;
	}
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

/* When this process was started, by CLOCK_BOOTTIME; a launcher before it counts too. */
static bool process_start(struct timespec *start)
{
	const long ticks_per_second = sysconf(_SC_CLK_TCK);
	char *text = tst_read_file("/proc/self/stat", NULL);
	/* Behind the name, which is in parentheses, it is the 20th word. */
	char *at = text ? strrchr(text, ')') : NULL;
	unsigned long long ticks = 0;
	int i;

	for (i = 0; at && i < 20; i++)
		at = strchr(at + 1, ' ');
	if (at)
		ticks = strtoull(at, NULL, 10);
	free(text);
	if (!ticks)
		return false;
	start->tv_sec = ticks / ticks_per_second;
	start->tv_nsec = ticks % ticks_per_second * (1000000000 / ticks_per_second);
	return true;
}

static long bazel_margin_ms(long seconds)
{
	const long part = seconds * 1000 / BAZEL_MARGIN_PART;

	return part < BAZEL_MARGIN_MS ? part : BAZEL_MARGIN_MS;
}

/* Bazel's deadline as a time of CLOCK_MONOTONIC. */
static void set_bazel_deadline(long seconds)
{
	struct timespec start, boot, now;
	long ms;

	if (!process_start(&start) || clock_gettime(CLOCK_BOOTTIME, &boot))
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (start.tv_sec - boot.tv_sec) * 1000 + (start.tv_nsec - boot.tv_nsec) / 1000000 +
	     seconds * 1000 - bazel_margin_ms(seconds);
	bazel.deadline = now;
	if (ms > 0)
		add_ms(&bazel.deadline, ms);
	bazel.known = true;
}

/* The machine's clock is not Bazel's: somebody outside tells when it is so far. */
static void *await_time(void *arg)
{
	ssize_t got;
	char byte;

	do {
		got = read(bazel.time_fd, &byte, 1);
	} while (got < 0 && errno == EINTR);
	if (got != 1)
		return arg;
	pthread_mutex_lock(&lock);
	clock_gettime(CLOCK_MONOTONIC, &bazel.deadline);
	bazel.known = true;
	if (armed && is_before(&bazel.deadline, &deadline))
		deadline = bazel.deadline;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
	return arg;
}

static void read_bazel_limit(void)
{
	const char *timeout = getenv(BAZEL_VARIABLE), *fd = getenv(TIME_VARIABLE);
	int seconds;

	if (!timeout || tst_parse_int(timeout, &seconds, 1, INT_MAX / 1000))
		return;
	bazel.grace_ms = bazel_margin_ms(seconds) / 2;
	if (!fd || tst_parse_int(fd, &bazel.time_fd, 0, INT_MAX)) {
		set_bazel_deadline(seconds);
		return;
	}
	/* It is for this process only. */
	unsetenv(TIME_VARIABLE);
	fcntl(bazel.time_fd, F_SETFD, FD_CLOEXEC);
}

static void start_thread(void *(*func)(void *))
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, func, NULL) == 0)
		pthread_detach(thread);
}

static void start(void)
{
	pthread_condattr_t attr;
	sigset_t all, old;

	read_bazel_limit();
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&changed, &attr);
	pthread_condattr_destroy(&attr);

	/* The test's signals are for the test's threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	start_thread(watch);
	if (bazel.time_fd >= 0)
		start_thread(await_time);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* A deadline that never comes, for a test without a limit of its own. */
#define FAR_SECONDS (100 * 365 * 86400L)

static void arm_locked(int seconds)
{
	round_nr++;
	armed = true;
	limit = seconds;
	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += seconds ? seconds : FAR_SECONDS;
	if (bazel.known && is_before(&bazel.deadline, &deadline))
		deadline = bazel.deadline;
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
	double total = 0;
	int whole = 0;

	if (seconds != TST_UNLIMITED_TIMEOUT) {
		total = seconds * multiplier();
		whole = total < 1 ? 1 : total < INT_MAX ? (int)total : INT_MAX;
	}
	pthread_once(&started, start);
	forget_timeouts();
	pthread_mutex_lock(&lock);
	arm_locked(whole);
	pthread_mutex_unlock(&lock);
}

void tst_watchdog_disarm(void)
{
	pthread_mutex_lock(&lock);
	if (armed) {
		round_nr++;
		armed = false;
		pthread_cond_signal(&changed);
	}
	pthread_mutex_unlock(&lock);
}
