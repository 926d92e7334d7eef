// SPDX-License-Identifier: MIT
/*
 * The way to the kernel. ioctl() is defined here, so that in a controller every
 * call of it, the library's and the test's, comes by: who runs a virtual CPU and
 * which memslots there are is known without being told.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "host/engine/arch.h"
#include "host/engine/engine.h"
#include "host/engine/newer_kvm.h"

/* Gets a thread out of KVM_RUN; nobody else uses the last real-time signal. */
#define KICK_SIGNAL SIGRTMAX

/* A kick can come just before KVM_RUN begins, and is then given again. */
#define KICK_PAUSE_NSEC 1000000L
#define MAX_KICKS 10000

/* Descriptors from here on are looked up in the list. */
#define FD_COUNT 4096

void (*engine_on_leave)(struct engine_vcpu *vcpu, int ret, int err);

static struct engine_vcpu *vcpu_of_fd[FD_COUNT];
static struct engine_vm *vm_of_fd[FD_COUNT];
static pthread_once_t handler_installed = PTHREAD_ONCE_INIT;

static void on_kick(int sig)
{
	(void)sig; /* KVM_RUN has returned with EINTR: that is all. */
}

static void install_handler(void)
{
	struct sigaction action = {.sa_handler = on_kick};

	sigemptyset(&action.sa_mask);
	sigaction(KICK_SIGNAL, &action, NULL);
}

void engine_know_vm(struct engine_vm *vm)
{
	if (vm->fd < FD_COUNT)
		__atomic_store_n(&vm_of_fd[vm->fd], vm, __ATOMIC_RELEASE);
}

void engine_know_vcpu(struct engine_vcpu *vcpu)
{
	if (vcpu->fd < FD_COUNT)
		__atomic_store_n(&vcpu_of_fd[vcpu->fd], vcpu, __ATOMIC_RELEASE);
}

void engine_forget_vm(struct engine_vm *vm)
{
	if (vm->fd >= 0 && vm->fd < FD_COUNT)
		__atomic_store_n(&vm_of_fd[vm->fd], NULL, __ATOMIC_RELEASE);
}

void engine_forget_vcpu(struct engine_vcpu *vcpu)
{
	struct engine_vcpu *known = vcpu;

	/* A test that has closed its own descriptor may have the number for another CPU. */
	if (vcpu->fd >= 0 && vcpu->fd < FD_COUNT)
		__atomic_compare_exchange_n(&vcpu_of_fd[vcpu->fd], &known, NULL, false,
					    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static struct engine_vm *find_vm(int fd)
{
	struct engine_vm *vm;

	if (fd < 0)
		return NULL;
	if (fd < FD_COUNT)
		return __atomic_load_n(&vm_of_fd[fd], __ATOMIC_ACQUIRE);
	pthread_mutex_lock(&engine_lock);
	for (vm = engine_vms; vm && vm->fd != fd; vm = vm->next)
		;
	pthread_mutex_unlock(&engine_lock);
	return vm;
}

/* Without a look into the list. */
static struct engine_vcpu *low_vcpu(int fd)
{
	return fd < 0 || fd >= FD_COUNT ? NULL : __atomic_load_n(&vcpu_of_fd[fd], __ATOMIC_ACQUIRE);
}

static struct engine_vcpu *find_vcpu(int fd)
{
	struct engine_vcpu *found = NULL;
	struct engine_vm *vm;
	unsigned int i;

	if (fd < FD_COUNT)
		return low_vcpu(fd);
	pthread_mutex_lock(&engine_lock);
	for (vm = engine_vms; vm && !found; vm = vm->next) {
		for (i = 0; i < vm->vcpu_count && !found; i++) {
			if (vm->vcpus[i] && vm->vcpus[i]->fd == fd)
				found = vm->vcpus[i];
		}
	}
	pthread_mutex_unlock(&engine_lock);
	return found;
}

bool engine_let_registers_wait(struct engine_vcpu *vcpu)
{
	if (low_vcpu(vcpu->fd) != vcpu)
		return false;
	vcpu->run->kvm_dirty_regs |= arch_general_registers;
	__atomic_store_n(&vcpu->registers_wait, true, __ATOMIC_RELEASE);
	return true;
}

void engine_forget_registers(struct engine_vcpu *vcpu)
{
	vcpu->run->kvm_dirty_regs = 0;
	__atomic_store_n(&vcpu->registers_wait, false, __ATOMIC_RELEASE);
}

/* False with errno. KVM_RUN takes them itself, unless the test has written over the flag. */
static bool bring_registers(struct engine_vcpu *vcpu, unsigned long request)
{
	bool ok = true;

	pthread_mutex_lock(&vcpu->registers);
	if (vcpu->registers_wait) {
		__atomic_store_n(&vcpu->registers_wait, false, __ATOMIC_RELEASE);
		if (request != KVM_RUN || !(vcpu->run->kvm_dirty_regs & arch_general_registers)) {
			vcpu->run->kvm_dirty_regs &= ~arch_general_registers;
			ok = arch_set_shown_registers(vcpu);
		}
	}
	pthread_mutex_unlock(&vcpu->registers);
	return ok;
}

int engine_ioctl(int fd, unsigned long request, void *arg)
{
	struct engine_vcpu *vcpu = low_vcpu(fd);
	int ret;

	if (!vcpu || !__atomic_load_n(&vcpu->registers_wait, __ATOMIC_ACQUIRE))
		return (int)syscall(SYS_ioctl, fd, request, arg);
	if (!bring_registers(vcpu, request))
		return -1;
	ret = (int)syscall(SYS_ioctl, fd, request, arg);
	/* A KVM_RUN that KVM refuses has not taken them. */
	if (ret < 0 && request == KVM_RUN && vcpu->run->kvm_dirty_regs & arch_general_registers)
		__atomic_store_n(&vcpu->registers_wait, true, __ATOMIC_RELEASE);
	return ret;
}

int engine_open(const char *path)
{
	return open(path, O_RDWR | O_CLOEXEC);
}

void *engine_map(int fd, off_t offset, size_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
}

int engine_eventfd(void)
{
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

int engine_memfd(unsigned int flags, size_t size)
{
	int fd = memfd_create("guest RAM", MFD_CLOEXEC | flags), err;

	if (fd < 0 || ftruncate(fd, (off_t)size) == 0)
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

/* A thread that blocks all signals could not be stopped, or asked for registers. */
void engine_let_kicks_in(void)
{
	static __thread bool done;
	sigset_t set;

	if (done)
		return;
	pthread_once(&handler_installed, install_handler);
	done = true;
	sigemptyset(&set);
	sigaddset(&set, KICK_SIGNAL);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void engine_kick(pthread_t thread)
{
	pthread_kill(thread, KICK_SIGNAL);
}

/* KVM_RUN, with the CPU known as running meanwhile. */
static int run(struct engine_vcpu *vcpu)
{
	bool again;
	int ret, err;

	engine_let_kicks_in();
	pthread_mutex_lock(&vcpu->gate);
	if (vcpu->running) {
		/* Another thread's; the kernel lets this one wait. */
		pthread_mutex_unlock(&vcpu->gate);
		return engine_ioctl(vcpu->fd, KVM_RUN, NULL);
	}
	if (engine_before_run(vcpu)) {
		pthread_mutex_unlock(&vcpu->gate);
		return 0;
	}
	vcpu->running = true;
	vcpu->thread = pthread_self();
	pthread_mutex_unlock(&vcpu->gate);
	do {
		ret = engine_ioctl(vcpu->fd, KVM_RUN, NULL);
		err = errno;
		pthread_mutex_lock(&vcpu->gate);
		again = ret == 0 && engine_after_run(vcpu);
		if (vcpu->wanted) {
			/* The kick was for this: the caller need not know of it. */
			again |= ret < 0 && err == EINTR && !vcpu->run->immediate_exit;
			if (arch_get_sregs(vcpu->fd, &vcpu->sregs)) {
				vcpu->answers++;
				vcpu->wanted = false;
				pthread_cond_broadcast(&vcpu->left);
			}
		}
		if (!again) {
			vcpu->running = false;
			pthread_cond_broadcast(&vcpu->left);
		}
		pthread_mutex_unlock(&vcpu->gate);
	} while (again);
	if (engine_on_leave)
		engine_on_leave(vcpu, ret, err);
	errno = err;
	return ret;
}

/* A CPU that the test has made itself. Without memory for it, it stays unknown. */
static void note_vcpu(struct engine_vm *vm, unsigned int index, int fd)
{
	struct engine_error error;
	const struct engine_host *host;
	struct engine_vcpu *vcpu;

	host = engine_host(&error);
	vcpu = host ? engine_new_vcpu(vm, index, fd, host->run_size, &error) : NULL;
	if (!vcpu)
		return;
	pthread_mutex_lock(&engine_lock);
	vcpu->next_extra = vm->extra;
	vm->extra = vcpu;
	pthread_mutex_unlock(&engine_lock);
}

int ioctl(int fd, unsigned long request, ...)
{
	struct engine_vcpu *vcpu;
	struct engine_vm *vm;
	va_list args;
	void *arg;
	int ret, err;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (request == KVM_RUN)
		return (vcpu = find_vcpu(fd)) ? run(vcpu) : engine_run_foreign(fd);
	ret = engine_ioctl(fd, request, arg);
	if (ret < 0)
		return ret;
	err = errno;
	if ((request == KVM_SET_USER_MEMORY_REGION || request == KVM_SET_USER_MEMORY_REGION2) &&
	    (vm = find_vm(fd)))
		engine_note_memory(vm, arg);
	else if (request == KVM_CREATE_VCPU && (vm = find_vm(fd)))
		note_vcpu(vm, (unsigned int)(uintptr_t)arg, ret);
	errno = err;
	return ret;
}

void engine_stop(struct engine_vcpu *vcpu)
{
	pthread_mutex_lock(&vcpu->gate);
	/* Covers the moment before the thread enters KVM_RUN. */
	__atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_RELEASE);
	if (vcpu->running)
		engine_kick(vcpu->thread);
	pthread_mutex_unlock(&vcpu->gate);
}

/*
 * Waits until the thread inside KVM_RUN has answered or left. False if it does
 * not: it has blocked the signal since it began to run CPUs.
 */
static bool wait_for_answer(struct engine_vcpu *vcpu)
{
	const unsigned long before = vcpu->answers;
	unsigned int kicks = 0;
	struct timespec until;

	while (vcpu->running && vcpu->answers == before) {
		if (kicks++ == MAX_KICKS)
			return false;
		vcpu->wanted = true;
		engine_kick(vcpu->thread);
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += KICK_PAUSE_NSEC;
		if (until.tv_nsec >= 1000000000L) {
			until.tv_nsec -= 1000000000L;
			until.tv_sec++;
		}
		pthread_cond_timedwait(&vcpu->left, &vcpu->gate, &until);
	}
	return true;
}

bool engine_get_sregs(struct engine_vcpu *vcpu, struct kvm_sregs2 *sregs,
		      struct engine_error *error)
{
	bool ok = true;

	pthread_mutex_lock(&vcpu->gate);
	if (vcpu->running && !wait_for_answer(vcpu)) {
		ok = engine_fail(error,
				 "the thread that runs CPU %u does not answer; it must not block "
				 "signal SIGRTMAX",
				 vcpu->index);
		vcpu->wanted = false;
	} else if (!vcpu->running) {
		vcpu->wanted = false;
		ok = arch_get_sregs(vcpu->fd, &vcpu->sregs) ||
		     engine_fail_errno(error, "ioctl(KVM_GET_SREGS) of CPU %u", vcpu->index);
	}
	*sregs = vcpu->sregs;
	pthread_mutex_unlock(&vcpu->gate);
	return ok;
}
