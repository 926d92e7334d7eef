// SPDX-License-Identifier: MIT
/* Interrupts that the controller sends. */
#include <inttypes.h>

#include "host/ltp/report.h"
#include "host/ltp/vm.h"

static const struct tst_kvm_vm *need_irqchip(const struct tst_kvm_instance *inst, const char *func,
					     bool kernel)
{
	const struct tst_kvm_vm *vm = tst_vm_needed(inst, func);

	if (kernel ? vm->engine->irqchip != ENGINE_KERNEL_IRQCHIP
		   : vm->engine->irqchip == ENGINE_NO_IRQCHIP)
		lib_brk(TBROK,
			"%s(inst): the machine has no %s in the kernel; config.irqchip has to be "
			"TST_KVM_KERNEL_IRQCHIP%s",
			func, kernel ? "I/O APIC" : "interrupt controllers",
			kernel ? "" : " or TST_KVM_SPLIT_IRQCHIP");
	return vm;
}

void tst_kvm_irq_line(struct tst_kvm_instance *inst, unsigned int gsi, int level)
{
	const struct tst_kvm_vm *vm = need_irqchip(inst, __func__, true);
	struct engine_error error;

	if (!engine_irq_line(vm->engine, gsi, level, &error))
		lib_brk(TBROK, "tst_kvm_irq_line(): %s", error.text);
}

void tst_kvm_msi(struct tst_kvm_instance *inst, uint64_t address, uint32_t data)
{
	const struct tst_kvm_vm *vm = need_irqchip(inst, __func__, false);
	struct engine_error error;

	if (!engine_msi(vm->engine, address, data, &error))
		lib_brk(TBROK, "tst_kvm_msi(): %s", error.text);
}

/* The machine closes it. */
static int keep(struct tst_kvm_vm *vm, int fd, const char *func, const struct engine_error *error)
{
	int *fds;

	if (fd < 0)
		lib_brk(TBROK, "%s(): %s", func, error->text);
	fds = realloc(vm->eventfds, (vm->eventfd_count + 1) * sizeof(*fds));
	if (!fds) {
		close(fd);
		lib_brk(TBROK | TERRNO, "%s(): no memory", func);
	}
	vm->eventfds = fds;
	fds[vm->eventfd_count++] = fd;
	return fd;
}

int tst_kvm_irqfd(struct tst_kvm_instance *inst, unsigned int gsi)
{
	struct tst_kvm_vm *vm = (struct tst_kvm_vm *)need_irqchip(inst, __func__, false);
	struct engine_error error;

	return keep(vm, engine_irqfd(vm->engine, gsi, &error), __func__, &error);
}

int tst_kvm_ioeventfd(struct tst_kvm_instance *inst, uint64_t address, unsigned int size, bool pio)
{
	struct tst_kvm_vm *vm = tst_vm_needed(inst, __func__);
	struct engine_error error;

	return keep(vm, engine_ioeventfd(vm->engine, address, size, pio, &error), __func__, &error);
}

void tst_kvm_interrupt(struct tst_kvm_vcpu *vcpu, unsigned int vector)
{
	struct tst_kvm_cpu *cpu = tst_cpu_needed(vcpu, __func__);
	struct engine_error error;

	if (cpu->engine->vm->irqchip != ENGINE_NO_IRQCHIP)
		lib_brk(TBROK,
			"tst_kvm_interrupt(vcpu): the machine has its interrupt controllers in "
			"the kernel; tst_kvm_msi() and tst_kvm_irq_line() use them");
	if (vector > 255)
		lib_brk(TBROK, "tst_kvm_interrupt(vector): vector is %u; the last is 255", vector);
	if (!engine_interrupt(cpu->engine, vector, &error))
		lib_brk(TBROK, "tst_kvm_interrupt(): %s", error.text);
}

void tst_kvm_nmi(struct tst_kvm_vcpu *vcpu)
{
	struct tst_kvm_cpu *cpu = tst_cpu_needed(vcpu, __func__);
	struct engine_error error;

	if (!engine_nmi(cpu->engine, &error))
		lib_brk(TBROK, "tst_kvm_nmi(): %s", error.text);
}
