// SPDX-License-Identifier: MIT
/*
 * CPUs of virtual machines that the test has made by ioctl. The engine does not hear of
 * it when their descriptors are closed: so they are known just while a thread is inside
 * KVM_RUN, and nothing of them is mapped before they have to be stopped.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "host/engine/engine.h"

/* On the stack of the thread that is inside KVM_RUN. */
struct foreign {
	struct foreign *next;
	int fd;
	pthread_t thread;
	struct kvm_run *run; /* once it was stopped, or NULL */
	size_t run_size;
	uint8_t immediate_exit; /* the test's own, before that */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct foreign *all;
static bool stopped, reported;

static void stop_locked(struct foreign *foreign)
{
	struct engine_error error;
	const struct engine_host *host = engine_host(&error);
	void *run = host ? engine_map(foreign->fd, 0, host->run_size) : MAP_FAILED;

	if (run == MAP_FAILED)
		return; /* no CPU: KVM_RUN does not wait either */
	foreign->run = run;
	foreign->run_size = host->run_size;
	foreign->immediate_exit = foreign->run->immediate_exit;
	/* Covers the moment before the thread enters KVM_RUN. */
	__atomic_store_n(&foreign->run->immediate_exit, 1, __ATOMIC_RELEASE);
	engine_kick(foreign->thread);
}

/* Returns whether the CPU is stopped already. */
static bool enter(struct foreign *foreign)
{
	bool is_stopped;

	pthread_mutex_lock(&lock);
	foreign->next = all;
	all = foreign;
	if (stopped)
		stop_locked(foreign);
	is_stopped = stopped;
	pthread_mutex_unlock(&lock);
	return is_stopped;
}

/* Returns whether this CPU is to be reported: it was running, or is the first to come back. */
static bool leave(struct foreign *foreign, bool was_stopped)
{
	struct foreign **link = &all;
	bool is_news;

	pthread_mutex_lock(&lock);
	while (*link != foreign)
		link = &(*link)->next;
	*link = foreign->next;
	is_news = foreign->run && (!was_stopped || !reported);
	reported |= is_news;
	pthread_mutex_unlock(&lock);
	return is_news;
}

static void report(struct foreign *foreign, int ret, int err)
{
	struct engine_vm vm = {.fd = -1, .lock = PTHREAD_MUTEX_INITIALIZER};
	struct engine_vcpu vcpu = {
		.vm = &vm,
		.fd = foreign->fd,
		.run = foreign->run,
		.run_size = foreign->run_size,
		.gate = PTHREAD_MUTEX_INITIALIZER,
		.left = PTHREAD_COND_INITIALIZER,
	};

	if (engine_on_leave)
		engine_on_leave(&vcpu, ret, err);
}

int engine_run_foreign(int fd)
{
	struct foreign foreign = {.fd = fd, .thread = pthread_self()};
	bool was_stopped, is_news;
	int ret, err;

	engine_let_kicks_in();
	was_stopped = enter(&foreign);
	ret = engine_ioctl(fd, KVM_RUN, NULL);
	err = errno;
	is_news = leave(&foreign, was_stopped);
	if (is_news)
		report(&foreign, ret, err);
	if (foreign.run) {
		foreign.run->immediate_exit = foreign.immediate_exit;
		munmap(foreign.run, foreign.run_size);
	}
	errno = err;
	return ret;
}

bool engine_foreign_runs(void)
{
	bool any;

	pthread_mutex_lock(&lock);
	any = all;
	pthread_mutex_unlock(&lock);
	return any;
}

void engine_stop_foreign(void)
{
	struct foreign *foreign;

	pthread_mutex_lock(&lock);
	stopped = true;
	for (foreign = all; foreign; foreign = foreign->next) {
		if (!foreign->run)
			stop_locked(foreign);
	}
	pthread_mutex_unlock(&lock);
}

void engine_allow_foreign(void)
{
	pthread_mutex_lock(&lock);
	stopped = false;
	reported = false;
	pthread_mutex_unlock(&lock);
}
