// SPDX-License-Identifier: MIT
/*
 * A guest that disables global interrupts with CLGI must not keep the host's
 * CPU from taking its own.
 *
 * A nested guest whose hypervisor does not intercept CLGI changes the only GIF
 * that there is for the guest. Where the CPU virtualizes GIF (VGIF), KVM does
 * not intercept CLGI either, but for the nested guest it left VGIF disabled:
 * the instruction then cleared the GIF of the CPU itself, which took no
 * interrupt, and no NMI, as long as that guest ran: a lockup by any guest that
 * may nest. Fixed by 91b7130cb660 ("KVM: SVM: preserve VGIF across VMCB
 * switch").
 *
 * The payload, then its nested guest, clears GIF and waits for the host, which
 * sends the virtual CPU's thread a signal. That needs an interrupt to get
 * through to the CPU. On a vulnerable kernel, KVM_RUN does not return for the
 * nested guest; it is then told to set GIF again, so the host stays usable.
 */
#define _GNU_SOURCE /* CPU affinity, pthread_clockjoin_np() */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86_svm.h"

/* By the host. */
volatile unsigned int released;

/* Waits for the host. */
static void hold(void)
{
	tst_signal_host(NULL);
	while (!released)
		;
	released = 0;
}

/*
 * No exit may come while GIF is clear: the next VMRUN would set it. So there is no PAUSE,
 * and what holding touches has been touched before, lest a nested page fault brings it.
 */
static int hold_clgi(void)
{
	hold();
	asm volatile("clgi" : : : "memory");
	hold();
	asm volatile("stgi" : : : "memory");
	return 0;
}

void main(void)
{
	struct kvm_svm_vcpu *vm;

	kvm_init_svm();
	hold_clgi();

	vm = kvm_create_svm_vcpu(hold_clgi, 1);
	kvm_svm_vmrun(vm);
	if (vm->vmcb->exitcode == SVM_EXIT_HLT) {
		tst_res(TPASS, "The nested guest goes on to its end after the signal");
	} else {
		tst_res(TFAIL, "The nested guest stopped with exit code %#llx",
			(unsigned long long)vm->vmcb->exitcode);
	}
}

#else /* COMPILE_PAYLOAD */

#include <sched.h>

#include "tst_safe_clocks.h"
#include "tst_safe_pthread.h"

/* A signal takes well under a millisecond, or for ever. */
#define SIGNAL_TIMEOUT_SEC 5

static struct tst_kvm_instance inst;
static cpu_set_t all_cpus;
/* CPUs for the threads: one must not wait for a timer of the other's. */
static int own_cpu, guest_cpu;

static void ignore_signal(int sig LTP_ATTRIBUTE_UNUSED)
{
}

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		tst_brk(TBROK | TERRNO, "sched_setaffinity(CPU %d) failed", cpu);
}

static void setup(void)
{
	/* The handler only makes system calls return. */
	struct sigaction action = {.sa_handler = ignore_signal};

	tst_kvm_setup();
	SAFE_SIGACTION(SIGUSR1, &action, NULL);
	if (sched_getaffinity(0, sizeof(all_cpus), &all_cpus))
		tst_brk(TBROK | TERRNO, "sched_getaffinity() failed");
	for (own_cpu = 0; !CPU_ISSET(own_cpu, &all_cpus);)
		own_cpu++;
	for (guest_cpu = own_cpu + 1; !CPU_ISSET(guest_cpu, &all_cpus);)
		guest_cpu++;
}

static void cleanup(void)
{
	sched_setaffinity(0, sizeof(all_cpus), &all_cpus);
	tst_kvm_cleanup();
}

static void *run_guest(void *interrupted)
{
	stay_on(guest_cpu);
	*(int *)interrupted = tst_kvm_run_instance(&inst, EINTR) == -1;
	return NULL;
}

static int join_in_time(pthread_t thread)
{
	struct timespec deadline;

	SAFE_CLOCK_GETTIME(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += SIGNAL_TIMEOUT_SEC;
	return pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &deadline) == 0;
}

static void release_guest(void)
{
	tst_kvm_clear_guest_signal(&inst);
	*(volatile unsigned int *)tst_kvm_symbol(&inst, "released") = 1;
}

/* Runs the guest until it holds GIF clear, and interrupts it. Returns whether there's more of it. */
static int interrupt_guest(const char *who)
{
	pthread_t thread;
	int interrupted = 0;

	SAFE_PTHREAD_CREATE(&thread, NULL, run_guest, &interrupted);
	if (!tst_kvm_wait_guest(&inst, -1))
		release_guest();
	if (tst_kvm_wait_guest(&inst, -1)) {
		SAFE_PTHREAD_JOIN(thread, NULL);
		return 0;
	}
	SAFE_PTHREAD_KILL(thread, SIGUSR1);
	if (join_in_time(thread)) {
		tst_res(interrupted ? TPASS : TFAIL, "A signal %s KVM_RUN while %s holds GIF clear",
			interrupted ? "interrupts" : "does not interrupt", who);
	} else {
		tst_res(TFAIL, "KVM_RUN did not return within %d s of a signal while %s holds %s",
			SIGNAL_TIMEOUT_SEC, who, "GIF clear: its CPU takes no interrupts");
		do
			release_guest();
		while (!join_in_time(thread));
	}
	release_guest();
	return interrupted;
}

static void run(void)
{
	stay_on(own_cpu);
	tst_kvm_create_instance(&inst, DEFAULT_RAM_SIZE);
	if (interrupt_guest("the payload") && interrupt_guest("the nested guest"))
		tst_kvm_run_instance(&inst, 0);
	tst_kvm_destroy_instance(&inst);
	tst_free_all();
}

static struct tst_test test = {
	.test_all = run,
	.setup = setup,
	.cleanup = cleanup,
	.min_cpus = 2,
	.supported_archs = (const char *const[]){"x86_64", NULL},
	.tags =
		(const struct tst_tag[]){
			{"linux-git", "91b7130cb660"},
			{},
		},
};

#endif /* COMPILE_PAYLOAD */
