// SPDX-License-Identifier: MIT
/* Interrupts from the host: lines, messages, descriptors (KVM API, by the ioctl's name). */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "host/engine/engine.h"

bool engine_irq_line(struct engine_vm *vm, uint32_t gsi, uint32_t level, struct engine_error *error)
{
	struct kvm_irq_level line = {.irq = gsi, .level = level};

	return engine_ioctl(vm->fd, KVM_IRQ_LINE, &line) == 0 ||
	       engine_fail_errno(error, "ioctl(KVM_IRQ_LINE) of GSI %" PRIu32, gsi);
}

bool engine_msi(struct engine_vm *vm, uint64_t address, uint32_t data, struct engine_error *error)
{
	struct kvm_msi msi = {
		.address_lo = (uint32_t)address,
		.address_hi = (uint32_t)(address >> 32),
		.data = data,
	};

	return engine_ioctl(vm->fd, KVM_SIGNAL_MSI, &msi) >= 0 ||
	       engine_fail_errno(error,
				 "ioctl(KVM_SIGNAL_MSI) with address %#" PRIx64 ", data %#" PRIx32,
				 address, data);
}

int engine_irqfd(struct engine_vm *vm, uint32_t gsi, struct engine_error *error)
{
	struct kvm_irqfd irqfd = {.gsi = gsi};
	int fd = engine_eventfd();

	if (fd < 0) {
		engine_fail_errno(error, "eventfd()");
		return -1;
	}
	irqfd.fd = fd;
	if (engine_ioctl(vm->fd, KVM_IRQFD, &irqfd) < 0) {
		engine_fail_errno(error, "ioctl(KVM_IRQFD) of GSI %" PRIu32, gsi);
		close(fd);
		return -1;
	}
	return fd;
}

int engine_ioeventfd(struct engine_vm *vm, uint64_t address, uint32_t size, bool pio,
		     struct engine_error *error)
{
	struct kvm_ioeventfd ioeventfd = {
		.addr = address,
		.len = size,
		.flags = pio ? KVM_IOEVENTFD_FLAG_PIO : 0,
	};
	int fd = engine_eventfd();

	if (fd < 0) {
		engine_fail_errno(error, "eventfd()");
		return -1;
	}
	ioeventfd.fd = fd;
	if (engine_ioctl(vm->fd, KVM_IOEVENTFD, &ioeventfd) < 0) {
		engine_fail_errno(error,
				  "ioctl(KVM_IOEVENTFD) at %s %#" PRIx64 ", %" PRIu32 " bytes",
				  pio ? "port" : "address", address, size);
		close(fd);
		return -1;
	}
	return fd;
}

bool engine_interrupt(struct engine_vcpu *vcpu, uint32_t vector, struct engine_error *error)
{
	struct kvm_interrupt interrupt = {.irq = vector};

	return engine_ioctl(vcpu->fd, KVM_INTERRUPT, &interrupt) == 0 ||
	       engine_fail_errno(error, "ioctl(KVM_INTERRUPT) of vector %" PRIu32 ", CPU %u%s",
				 vector, vcpu->index,
				 errno == EEXIST ? "; one is waiting already" : "");
}

bool engine_nmi(struct engine_vcpu *vcpu, struct engine_error *error)
{
	return engine_ioctl(vcpu->fd, KVM_NMI, NULL) == 0 ||
	       engine_fail_errno(error, "ioctl(KVM_NMI) of CPU %u", vcpu->index);
}
