// SPDX-License-Identifier: MIT
/* The reasons for which KVM_RUN returns, in words (KVM API, "kvm_run"). */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host/diagnosis/diagnosis.h"
#include "host/diagnosis/symbols.h"
#include "host/engine/arch.h"
#include "host/engine/newer_kvm.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define NAME(suffix) [KVM_EXIT_##suffix] = "KVM_EXIT_" #suffix

static const char *const exit_names[] = {
	NAME(UNKNOWN),
	NAME(EXCEPTION),
	NAME(IO),
	NAME(HYPERCALL),
	NAME(DEBUG),
	NAME(HLT),
	NAME(MMIO),
	NAME(IRQ_WINDOW_OPEN),
	NAME(SHUTDOWN),
	NAME(FAIL_ENTRY),
	NAME(INTR),
	NAME(SET_TPR),
	NAME(TPR_ACCESS),
	NAME(NMI),
	NAME(INTERNAL_ERROR),
	NAME(WATCHDOG),
	NAME(SYSTEM_EVENT),
	NAME(IOAPIC_EOI),
	NAME(HYPERV),
	NAME(X86_RDMSR),
	NAME(X86_WRMSR),
	NAME(DIRTY_RING_FULL),
	NAME(AP_RESET_HOLD),
	NAME(X86_BUS_LOCK),
	NAME(XEN),
	NAME(NOTIFY),
	NAME(MEMORY_FAULT),
};

/* Text that grows up to the end of its buffer. */
struct text {
	char *at, *end;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *fmt, ...)
{
	size_t room = text->end - text->at;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(text->at, room, fmt, args);
	va_end(args);
	if (len > 0)
		text->at += (size_t)len < room ? (size_t)len : room - 1;
}

static void add_bytes(struct text *text, const uint8_t *bytes, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		add(text, "%s%02x", i ? " " : "", bytes[i]);
}

static void add_emulation_failure(struct text *text, const struct kvm_run *run)
{
	uint8_t count = run->emulation_failure.insn_size;

	add(text, "KVM had to emulate an instruction and cannot");
	if (run->internal.ndata < 3 ||
	    !(run->emulation_failure.flags & KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES))
		return;
	if (count > sizeof(run->emulation_failure.insn_bytes))
		count = sizeof(run->emulation_failure.insn_bytes);
	add(text, "; its bytes: ");
	add_bytes(text, run->emulation_failure.insn_bytes, count);
}

static void add_internal_error(struct text *text, const struct kvm_run *run)
{
	uint32_t count = run->internal.ndata, i;

	add(text, "; suberror %" PRIu32 ": ", run->internal.suberror);
	switch (run->internal.suberror) {
	case KVM_INTERNAL_ERROR_EMULATION:
		add_emulation_failure(text, run);
		return;
	case KVM_INTERNAL_ERROR_SIMUL_EX:
		add(text, "several exceptions at once");
		break;
	case KVM_INTERNAL_ERROR_DELIVERY_EV:
		add(text, "the guest left while an event was being delivered");
		break;
	case KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON:
		add(text, "the CPU left the guest for a reason that KVM does not expect");
		break;
	default:
		add(text, "unknown");
	}
	if (count > ARRAY_SIZE(run->internal.data))
		count = ARRAY_SIZE(run->internal.data);
	for (i = 0; i < count; i++)
		add(text, "%s%#" PRIx64, i ? ", " : "; data: ", (uint64_t)run->internal.data[i]);
}

static void add_mmio(struct text *text, const struct kvm_run *run)
{
	uint32_t len = run->mmio.len;

	if (len > sizeof(run->mmio.data))
		len = sizeof(run->mmio.data);
	add(text, "; %s of %" PRIu32 " bytes at physical address %#" PRIx64,
	    run->mmio.is_write ? "write" : "read", run->mmio.len, (uint64_t)run->mmio.phys_addr);
	if (run->mmio.is_write) {
		add(text, ", data ");
		add_bytes(text, run->mmio.data, len);
	}
	add(text, "; no memslot is there, or it is read-only");
}

static void add_details(struct text *text, const struct kvm_run *run)
{
	char arch[256];
	uint32_t doorbell;

	switch (run->exit_reason) {
	case KVM_EXIT_UNKNOWN:
		add(text, "; hardware exit reason %#" PRIx64,
		    (uint64_t)run->hw.hardware_exit_reason);
		return;
	case KVM_EXIT_FAIL_ENTRY:
		add(text, "; the CPU refused to enter the guest, hardware reason %#" PRIx64,
		    (uint64_t)run->fail_entry.hardware_entry_failure_reason);
		return;
	case KVM_EXIT_MMIO:
		add_mmio(text, run);
		return;
	case KVM_EXIT_INTERNAL_ERROR:
		add_internal_error(text, run);
		return;
	case KVM_EXIT_SYSTEM_EVENT:
		add(text, "; event type %" PRIu32, run->system_event.type);
		return;
	}
	if (arch_describe_exit(run, arch, sizeof(arch)))
		add(text, "; %s", arch);
	if (engine_is_doorbell(run, &doorbell) && doorbell == KVM_DOORBELL_INPUT)
		add(text, "; the payload has called tst_input(), and there is no input. Fix: the "
			  "controller calls tst_kvm_set_input() before it runs the guest");
}

uint64_t diagnose_exit_address(const struct kvm_run *run, uint64_t next)
{
	bool written = (run->exit_reason == KVM_EXIT_MMIO && run->mmio.is_write) ||
		       (run->exit_reason == KVM_EXIT_IO && run->io.direction == KVM_EXIT_IO_OUT);

	return written ? next - 1 : next;
}

const char *diagnose_exit_name(uint32_t reason)
{
	return reason < ARRAY_SIZE(exit_names) ? exit_names[reason] : NULL;
}

/*
 * The interrupt that the guest says it has taken last, from memory that a lost CPU
 * leaves as it is.
 */
static void describe_last_interrupt(struct engine_vcpu *vcpu, char *buf, size_t size)
{
	const struct kvm_cpu_control *control = engine_control(vcpu->vm, vcpu->index);
	struct diagnose_place place = {0};
	uint64_t address;
	uint32_t vector;
	int used;

	if (!control)
		return;
	vector = control->last_interrupt - 1;
	address = control->last_interrupt_ip;
	if (control->last_interrupt < 1 || control->last_interrupt > 256) {
		snprintf(buf, size, "\n  it had not taken an interrupt that the payload knows of");
		return;
	}
	used = snprintf(buf, size,
			"\n  the last interrupt that it took: vector %" PRIu32 " at %#" PRIx64,
			vector, address);
	if (used >= (int)size || !diagnose_find_place(&vcpu->vm->payload, address, &place))
		return;
	if (place.function)
		used += snprintf(buf + used, size - used, " %s+%#" PRIx64, place.function,
				 place.offset);
	if (used < (int)size && place.file[0])
		snprintf(buf + used, size - used, " at %s:%d", place.file, place.line);
}

void diagnose_state(struct engine_vcpu *vcpu, char *buf, size_t size)
{
	size_t used;

	/* KVM API, KVM_EXIT_SHUTDOWN: some CPUs leave nothing, and KVM starts them anew. */
	if (vcpu->run->exit_reason == KVM_EXIT_SHUTDOWN && arch_was_reset(vcpu->fd)) {
		snprintf(buf, size,
			 "\n  KVM has reset the CPU: its registers at the fault, and where it "
			 "was, are gone\n  %s%s",
			 vcpu->last_report[0] ? "it has reported last: "
					      : "it had not reported anything yet",
			 vcpu->last_report);
		used = strlen(buf);
		describe_last_interrupt(vcpu, buf + used, size - used);
		return;
	}
	arch_describe_registers(vcpu->fd, buf, size);
	used = strlen(buf);
	diagnose_backtrace(vcpu, NULL, buf + used, size - used);
}

void diagnose_exit(struct engine_vcpu *vcpu, char *buf, size_t size)
{
	struct text text = {buf, buf + size};
	uint32_t reason = vcpu->run->exit_reason;
	const char *name = diagnose_exit_name(reason);

	add(&text, "%s (%" PRIu32 ")", name ? name : "unknown exit reason", reason);
	add_details(&text, vcpu->run);
	diagnose_state(vcpu, text.at, text.end - text.at);
}
