// SPDX-License-Identifier: MIT
/* Several CPUs: starting them, waiting for them, and keeping them apart. */
#include "guest/lib/cpu.h"

/* Guards the start of CPUs; and what a CPU does to the common tables. */
static struct tst_lock starting;

unsigned int tst_cpu(void)
{
	unsigned int cpu = arch_cpu();

	/* A nested guest may have anything in the register that tells. */
	return cpu < tst_cpus() ? cpu : 0;
}

unsigned int tst_cpus(void)
{
	return kvm_payload_entry.cpus;
}

uint64_t tst_arg(void)
{
	return cpu_control(tst_cpu())->arg;
}

static void check_other_cpu(const char *function, unsigned int cpu)
{
	if (!cpu || cpu >= tst_cpus()) {
		tst_brk(TBROK,
			"%s(%u): the machine has %u CPUs, and CPU 0 runs main(); cpu is 1 to %u; "
			"tst_kvm_create() makes machines with more",
			function, cpu, tst_cpus(), tst_cpus() - 1);
	}
	if (cpu == tst_cpu())
		tst_brk(TBROK, "%s(%u): a CPU can't do that with itself", function, cpu);
	arch_map_slot(cpu);
}

void tst_start_cpu(unsigned int cpu, void (*func)(void *arg), void *arg)
{
	volatile struct kvm_cpu_control *control = cpu_control(cpu);
	uint32_t state;

	check_other_cpu("tst_start_cpu", cpu);
	tst_lock(&starting);
	state = control->state;
	if (state != KVM_CPU_STARTED) {
		control->function = (uintptr_t)func;
		control->function_arg = (uintptr_t)arg;
		__atomic_store_n(&control->state, KVM_CPU_STARTED, __ATOMIC_RELEASE);
	}
	tst_unlock(&starting);
	if (state == KVM_CPU_STARTED) {
		tst_brk(TBROK,
			"tst_start_cpu(%u): this CPU runs a function already; tst_join_cpu() waits "
			"for its end",
			cpu);
	}
	arch_ring_doorbell(KVM_DOORBELL_START | cpu << KVM_DOORBELL_CPU_SHIFT);
	/* One that has run a function waits for the next, and needs no startup IPI. */
	if (state == KVM_CPU_STOPPED && (payload_flags() & KVM_PAYLOAD_IRQCHIP))
		arch_start_cpu(cpu);
}

void tst_join_cpu(unsigned int cpu)
{
	check_other_cpu("tst_join_cpu", cpu);
	if (cpu_control(cpu)->state == KVM_CPU_STOPPED) {
		tst_brk(TBROK, "tst_join_cpu(%u): this CPU was never started; tst_start_cpu() does",
			cpu);
	}
	while (__atomic_load_n(&cpu_control(cpu)->state, __ATOMIC_ACQUIRE) != KVM_CPU_ENDED)
		arch_relax();
}

void run_cpu_functions(unsigned int cpu)
{
	volatile struct kvm_cpu_control *control = cpu_control(cpu);

	for (;;) {
		while (__atomic_load_n(&control->state, __ATOMIC_ACQUIRE) != KVM_CPU_STARTED)
			arch_ring_doorbell(KVM_DOORBELL_END);
		result_slot(cpu)->result = KVM_TNONE;
		((void (*)(void *))(uintptr_t)control->function)(
			(void *)(uintptr_t)control->function_arg);
		result_slot(cpu)->result = KVM_TEXIT;
		__atomic_store_n(&control->state, KVM_CPU_ENDED, __ATOMIC_RELEASE);
	}
}

void tst_lock(struct tst_lock *lock)
{
	while (__atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE)) {
		while (__atomic_load_n(&lock->taken, __ATOMIC_RELAXED))
			arch_relax();
	}
}

void tst_unlock(struct tst_lock *lock)
{
	__atomic_store_n(&lock->taken, 0, __ATOMIC_RELEASE);
}

void tst_wait_barrier(struct tst_barrier *barrier, unsigned int cpus)
{
	unsigned int round = __atomic_load_n(&barrier->round, __ATOMIC_ACQUIRE);

	if (!cpus) {
		tst_brk(TBROK, "tst_wait_barrier(cpus): cpus is 0; at least the caller waits");
	}
	if (__atomic_add_fetch(&barrier->waiting, 1, __ATOMIC_ACQ_REL) >= cpus) {
		__atomic_store_n(&barrier->waiting, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&barrier->round, round + 1, __ATOMIC_RELEASE);
		return;
	}
	while (__atomic_load_n(&barrier->round, __ATOMIC_ACQUIRE) == round)
		arch_relax();
}
