// SPDX-License-Identifier: MIT
/* Saving and loading an x86 CPU. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/arch/x86/state.h"
#include "kvm_x86_bits.h"

/* struct kvm_xsave, whose size KVM_CAP_XSAVE2 tells where it is larger. */
#define XSAVE_SIZE 4096

/* struct kvm_nested_state of a CPU that is in no nested guest, nor has VMX on. */
#define NO_ADDRESS (~0ULL)

static int has_cap(int fd, unsigned long cap)
{
	const int value = engine_ioctl(fd, KVM_CHECK_EXTENSION, (void *)cap);

	return value > 0 ? value : 0;
}

static bool call(struct engine_vcpu *vcpu, unsigned long request, void *arg, const char *name,
		 struct engine_error *error)
{
	return engine_ioctl(vcpu->fd, request, arg) >= 0 ||
	       engine_fail_errno(error, "ioctl(%s) of CPU %u", name, vcpu->index);
}

#define CALL(vcpu, request, arg, error) call(vcpu, request, arg, #request, error)

/* KVM_GET_VCPU_EVENTS tells pending exceptions from injected ones, and triple faults. */
static bool enable_events(int vm_fd, struct engine_error *error)
{
	static const unsigned int caps[] = {
		KVM_CAP_EXCEPTION_PAYLOAD,
		KVM_CAP_X86_TRIPLE_FAULT_EVENT,
	};
	unsigned int i;

	for (i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		struct kvm_enable_cap cap = {.cap = caps[i], .args = {1}};

		if (has_cap(vm_fd, caps[i]) && engine_ioctl(vm_fd, KVM_ENABLE_CAP, &cap) < 0)
			return engine_fail_errno(error, "ioctl(KVM_ENABLE_CAP) of capability %u",
						 caps[i]);
	}
	return true;
}

/* --- Special registers --------------------------------------------------------- */

/* What both structures have lies at their start: segments and tables; then registers. */
_Static_assert(offsetof(struct kvm_sregs, apic_base) == offsetof(struct kvm_sregs2, apic_base),
	       "kvm_sregs and kvm_sregs2 differ");
#define COMMON_SREGS (offsetof(struct kvm_sregs, apic_base) + sizeof(uint64_t))

static bool save_sregs(struct engine_vcpu *vcpu, struct arch_cpu_state *state,
		       struct engine_error *error)
{
	struct kvm_sregs sregs;

	state->has_sregs2 = has_cap(vcpu->vm->fd, KVM_CAP_SREGS2);
	if (state->has_sregs2)
		return CALL(vcpu, KVM_GET_SREGS2, &state->sregs, error);
	if (!CALL(vcpu, KVM_GET_SREGS, &sregs, error))
		return false;
	/* The bitmap's interrupt, if there is one, is also among the events. */
	memcpy(&state->sregs, &sregs, COMMON_SREGS);
	return true;
}

static bool load_sregs(struct engine_vcpu *vcpu, const struct arch_cpu_state *state,
		       struct engine_error *error)
{
	struct kvm_sregs2 sregs2 = state->sregs;
	struct kvm_sregs sregs = {0};

	/* Without an irqchip, KVM_RUN takes CR8 from here. */
	vcpu->run->cr8 = state->sregs.cr8;
	vcpu->run->apic_base = state->sregs.apic_base;
	if (state->has_sregs2)
		return CALL(vcpu, KVM_SET_SREGS2, &sregs2, error);
	memcpy(&sregs, &sregs2, COMMON_SREGS);
	return CALL(vcpu, KVM_SET_SREGS, &sregs, error);
}

/* --- Extended state -------------------------------------------------------------- */

/* What there is now, in a buffer for the caller to free(), as @state has it; or NULL. */
static unsigned char *get_xsave(struct engine_vcpu *vcpu, const struct arch_cpu_state *state,
				struct engine_error *error)
{
	unsigned char *xsave = malloc(state->xsave_size);

	if (!xsave) {
		engine_fail_errno(error, "no memory");
		return NULL;
	}
	if (state->has_xsave2 ? CALL(vcpu, KVM_GET_XSAVE2, xsave, error)
			      : CALL(vcpu, KVM_GET_XSAVE, xsave, error))
		return xsave;
	free(xsave);
	return NULL;
}

static bool save_xsave(struct engine_vcpu *vcpu, struct arch_cpu_state *state,
		       struct engine_error *error)
{
	const size_t size = has_cap(vcpu->vm->fd, KVM_CAP_XSAVE2);

	state->has_xsave2 = size;
	state->xsave_size = size > XSAVE_SIZE ? size : XSAVE_SIZE;
	state->xsave = get_xsave(vcpu, state, error);
	return state->xsave;
}

/* --- MSRs ------------------------------------------------------------------------ */

static struct kvm_msr_list *list_msrs(struct engine_error *error)
{
	struct kvm_msr_list empty = {0}, *list = NULL;
	int fd = engine_open_kvm(error);

	if (fd < 0)
		return NULL;
	/* With too little room, it says how much it takes. */
	if (engine_ioctl(fd, KVM_GET_MSR_INDEX_LIST, &empty) == 0 || errno == E2BIG)
		list = calloc(1, sizeof(*list) + empty.nmsrs * sizeof(list->indices[0]));
	if (list) {
		list->nmsrs = empty.nmsrs;
		if (engine_ioctl(fd, KVM_GET_MSR_INDEX_LIST, list) < 0) {
			free(list);
			list = NULL;
		}
	}
	if (!list)
		engine_fail_errno(error, "ioctl(KVM_GET_MSR_INDEX_LIST)");
	close(fd);
	return list;
}

/*
 * Reads as many of the @count MSRs as there are in this CPU, and moves them to the
 * front; KVM_GET_MSRS stops at one that it refuses. Returns their number, or -1.
 */
static int read_msrs(struct engine_vcpu *vcpu, struct kvm_msrs *msrs, unsigned int count)
{
	struct kvm_msrs *part = malloc(sizeof(*part) + count * sizeof(part->entries[0]));
	unsigned int done = 0, kept = 0;

	if (!part)
		return -1;
	while (done < count) {
		int got;

		part->nmsrs = count - done;
		part->pad = 0;
		memcpy(part->entries, &msrs->entries[done], part->nmsrs * sizeof(part->entries[0]));
		got = engine_ioctl(vcpu->fd, KVM_GET_MSRS, part);
		if (got < 0)
			break;
		memcpy(&msrs->entries[kept], part->entries, got * sizeof(part->entries[0]));
		kept += got;
		done += got + 1;
	}
	free(part);
	return done < count ? -1 : (int)kept;
}

static bool save_msrs(struct engine_vcpu *vcpu, struct arch_cpu_state *state,
		      struct engine_error *error)
{
	struct kvm_msr_list *list = list_msrs(error);
	unsigned int i;
	int kept;

	if (!list)
		return false;
	state->msrs =
		calloc(1, sizeof(*state->msrs) + list->nmsrs * sizeof(state->msrs->entries[0]));
	for (i = 0; state->msrs && i < list->nmsrs; i++)
		state->msrs->entries[i].index = list->indices[i];
	kept = state->msrs ? read_msrs(vcpu, state->msrs, list->nmsrs) : -1;
	free(list);
	if (kept < 0)
		return engine_fail_errno(error, "ioctl(KVM_GET_MSRS) of CPU %u", vcpu->index);
	state->msrs->nmsrs = kept;
	return true;
}

static bool set_msr(struct engine_vcpu *vcpu, uint32_t index, uint64_t value)
{
	_Alignas(struct kvm_msrs) char room[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)];
	struct kvm_msrs *one = (struct kvm_msrs *)room;

	memset(room, 0, sizeof(room));
	one->nmsrs = 1;
	one->entries[0].index = index;
	one->entries[0].data = value;
	return engine_ioctl(vcpu->fd, KVM_SET_MSRS, one) == 1;
}

static bool find_msr(const struct kvm_msrs *msrs, uint32_t index, uint64_t *value)
{
	unsigned int i;

	for (i = 0; i < msrs->nmsrs; i++) {
		if (msrs->entries[i].index == index) {
			*value = msrs->entries[i].data;
			return true;
		}
	}
	return false;
}

/*
 * Sets those that differ from what the CPU has: some cannot be set at all, some
 * do something when they are. @changed is set if there were any.
 */
static bool load_msrs(struct engine_vcpu *vcpu, const struct arch_cpu_state *state, bool *changed,
		      struct engine_error *error)
{
	const struct kvm_msrs *wanted = state->msrs;
	const size_t size = sizeof(*wanted) + wanted->nmsrs * sizeof(wanted->entries[0]);
	struct kvm_msrs *now = malloc(size);
	unsigned int i;
	int count;
	bool ok = true;

	if (!now)
		return engine_fail_errno(error, "no memory");
	memcpy(now, wanted, size);
	count = read_msrs(vcpu, now, wanted->nmsrs);
	if (count < 0) {
		free(now);
		return engine_fail_errno(error, "ioctl(KVM_GET_MSRS) of CPU %u", vcpu->index);
	}
	now->nmsrs = count;
	for (i = 0; i < wanted->nmsrs && ok; i++) {
		const struct kvm_msr_entry *msr = &wanted->entries[i];
		uint64_t value;

		if ((i < now->nmsrs && now->entries[i].index == msr->index &&
		     now->entries[i].data == msr->data) ||
		    x86_msr_passes(msr->index) ||
		    (find_msr(now, msr->index, &value) && value == msr->data))
			continue;
		*changed = true;
		if (!set_msr(vcpu, msr->index, msr->data))
			ok = engine_fail(error,
					 "ioctl(KVM_SET_MSRS) of CPU %u refuses %#llx for MSR "
					 "%#" PRIx32 " (%s)",
					 vcpu->index, msr->data, msr->index,
					 x86_msr_name(msr->index) ?: "no name known");
	}
	free(now);
	return ok;
}

/* --- Time ------------------------------------------------------------------------ */

static int tsc_attr(struct engine_vcpu *vcpu, unsigned long request, uint64_t *offset)
{
	struct kvm_device_attr attr = {
		.group = KVM_VCPU_TSC_CTRL,
		.attr = KVM_VCPU_TSC_OFFSET,
		.addr = (uintptr_t)offset,
	};

	return engine_ioctl(vcpu->fd, request, &attr);
}

static bool save_tsc(struct engine_vcpu *vcpu, struct arch_cpu_state *state,
		     struct engine_error *error)
{
	const int khz = engine_ioctl(vcpu->fd, KVM_GET_TSC_KHZ, NULL);

	state->tsc_khz = khz > 0 ? khz : 0; /* the host has none that is constant */
	state->has_tsc_offset = tsc_attr(vcpu, KVM_HAS_DEVICE_ATTR, NULL) == 0;
	return !state->has_tsc_offset ||
	       tsc_attr(vcpu, KVM_GET_DEVICE_ATTR, &state->tsc_offset) == 0 ||
	       engine_fail_errno(error, "ioctl(KVM_GET_DEVICE_ATTR) of CPU %u's TSC offset",
				 vcpu->index);
}

/* The frequency first, since the offset is from the host's TSC at that frequency. */
static bool load_tsc(struct engine_vcpu *vcpu, const struct arch_cpu_state *state,
		     struct engine_error *error)
{
	uint64_t value = state->tsc_offset;

	if (state->tsc_khz &&
	    engine_ioctl(vcpu->fd, KVM_GET_TSC_KHZ, NULL) != (int)state->tsc_khz &&
	    engine_ioctl(vcpu->fd, KVM_SET_TSC_KHZ, (void *)(uintptr_t)state->tsc_khz) < 0)
		return engine_fail_errno(error, "ioctl(KVM_SET_TSC_KHZ) of CPU %u with %" PRIu32,
					 vcpu->index, state->tsc_khz);
	if (state->has_tsc_offset)
		return tsc_attr(vcpu, KVM_SET_DEVICE_ATTR, &value) == 0 ||
		       engine_fail_errno(error, "ioctl(KVM_SET_DEVICE_ATTR) of CPU %u's TSC offset",
					 vcpu->index);
	return !find_msr(state->msrs, MSR_IA32_TSC, &value) || set_msr(vcpu, MSR_IA32_TSC, value) ||
	       engine_fail(error, "ioctl(KVM_SET_MSRS) of CPU %u refuses %#" PRIx64 " for its TSC",
			   vcpu->index, value);
}

/* When its timer is in that mode and its TSC is right, at last. */
static bool load_deadline(struct engine_vcpu *vcpu, const struct arch_cpu_state *state,
			  struct engine_error *error)
{
	uint64_t value;

	if (!state->has_lapic || !find_msr(state->msrs, MSR_IA32_TSC_DEADLINE, &value) || !value ||
	    set_msr(vcpu, MSR_IA32_TSC_DEADLINE, value))
		return true;
	return engine_fail(
		error, "ioctl(KVM_SET_MSRS) of CPU %u refuses %#" PRIx64 " for its TSC deadline",
		vcpu->index, value);
}

/* --- Nested guests --------------------------------------------------------------- */

static bool save_nested(struct engine_vcpu *vcpu, struct arch_cpu_state *state,
			struct engine_error *error)
{
	const size_t size = has_cap(vcpu->vm->fd, KVM_CAP_NESTED_STATE);

	if (!size) {
		if (!(state->sregs.efer & EFER_SVME) && !(state->sregs.cr4 & CR4_VMXE))
			return true;
		return engine_fail(error,
				   "CPU %u has SVM or VMX on, and this KVM does not tell the state "
				   "of nested guests (KVM_CAP_NESTED_STATE)",
				   vcpu->index);
	}
	state->nested = calloc(1, size);
	if (!state->nested)
		return engine_fail_errno(error, "no memory");
	state->nested->size = size;
	return CALL(vcpu, KVM_GET_NESTED_STATE, state->nested, error);
}

bool arch_prepare_load(struct engine_vcpu *vcpu, struct engine_error *error)
{
	const size_t size = has_cap(vcpu->vm->fd, KVM_CAP_NESTED_STATE);
	struct kvm_nested_state *now, none = {.size = sizeof(none)};
	bool ok, is_nested;

	if (!enable_events(vcpu->vm->fd, error))
		return false;
	if (!size || !vcpu->entered)
		return true;
	now = calloc(1, size);
	if (!now)
		return engine_fail_errno(error, "no memory");
	now->size = size;
	ok = CALL(vcpu, KVM_GET_NESTED_STATE, now, error);
	none.format = now->format;
	if (now->format == KVM_STATE_NESTED_FORMAT_VMX) {
		is_nested = now->hdr.vmx.vmxon_pa != NO_ADDRESS;
		none.hdr.vmx.vmxon_pa = none.hdr.vmx.vmcs12_pa = NO_ADDRESS;
	} else {
		is_nested = now->flags & KVM_STATE_NESTED_GUEST_MODE;
		none.flags = KVM_STATE_NESTED_GIF_SET;
	}
	free(now);
	/*
	 * A CPU in a nested guest would take the registers for that one's, and lose
	 * them when it leaves it; leaving it may write to memory.
	 */
	return ok && (!is_nested || CALL(vcpu, KVM_SET_NESTED_STATE, &none, error));
}

/* --- All ------------------------------------------------------------------------- */

static bool save_rest(struct engine_vcpu *vcpu, struct arch_cpu_state *state,
		      struct engine_error *error)
{
	/* Asking for this has the CPU accept INIT and startup IPIs: before registers. */
	if (!CALL(vcpu, KVM_GET_MP_STATE, &state->mp_state, error) ||
	    !CALL(vcpu, KVM_GET_VCPU_EVENTS, &state->events, error) ||
	    !CALL(vcpu, KVM_GET_REGS, &state->regs, error) || !save_sregs(vcpu, state, error) ||
	    !save_xsave(vcpu, state, error) ||
	    !CALL(vcpu, KVM_GET_DEBUGREGS, &state->debugregs, error) ||
	    !save_msrs(vcpu, state, error) || !save_tsc(vcpu, state, error) ||
	    !save_nested(vcpu, state, error))
		return false;
	state->has_xcrs = has_cap(vcpu->vm->fd, KVM_CAP_XCRS);
	if (state->has_xcrs && !CALL(vcpu, KVM_GET_XCRS, &state->xcrs, error))
		return false;
	state->has_lapic = vcpu->vm->irqchip != ENGINE_NO_IRQCHIP;
	return !state->has_lapic || CALL(vcpu, KVM_GET_LAPIC, &state->lapic, error);
}

struct arch_cpu_state *arch_save_cpu(struct engine_vcpu *vcpu, struct engine_error *error)
{
	struct arch_cpu_state *state = calloc(1, sizeof(*state));

	if (!state) {
		engine_fail_errno(error, "no memory");
		return NULL;
	}
	if (enable_events(vcpu->vm->fd, error) && save_rest(vcpu, state, error))
		return state;
	arch_free_cpu_state(state);
	return NULL;
}

/* A CPU leaves nested guests when it enters or leaves SMM: that has to come first. */
static bool load_smm(struct engine_vcpu *vcpu, const struct arch_cpu_state *state,
		     struct engine_error *error)
{
	struct kvm_vcpu_events events;

	if (!CALL(vcpu, KVM_GET_VCPU_EVENTS, &events, error))
		return false;
	if (events.smi.smm == state->events.smi.smm)
		return true;
	events = state->events;
	return CALL(vcpu, KVM_SET_VCPU_EVENTS, &events, error);
}

/*
 * Entering the nested guest, KVM for Intel forgets what PDPTEs it was given (KVM
 * API, KVM_SREGS2_FLAGS_PDPTRS_VALID): they come once more, for that guest.
 */
static bool load_nested(struct engine_vcpu *vcpu, const struct arch_cpu_state *state,
			struct engine_error *error)
{
	if (!state->nested)
		return true;
	if (!CALL(vcpu, KVM_SET_NESTED_STATE, state->nested, error))
		return false;
	return !(state->nested->flags & KVM_STATE_NESTED_GUEST_MODE) || !state->has_sregs2 ||
	       !(state->sregs.flags & KVM_SREGS2_FLAGS_PDPTRS_VALID) ||
	       load_sregs(vcpu, state, error);
}

/*
 * The order is KVM's. KVM_SET_NESTED_STATE wants EFER.SVME from SREGS, and the
 * feature control and VMX capabilities among the MSRs; what it finds as registers
 * becomes L2's. Interrupt shadow and events are L2's then, and come after it. The
 * APIC's mode is in SREGS, its timer's mode in LAPIC.
 */
bool arch_load_cpu(struct engine_vcpu *vcpu, const struct arch_cpu_state *state,
		   struct engine_error *error)
{
	struct arch_cpu_state copy = *state;
	bool changed = false;

	return load_smm(vcpu, state, error) && load_sregs(vcpu, state, error) &&
	       (!state->has_xcrs || CALL(vcpu, KVM_SET_XCRS, &copy.xcrs, error)) &&
	       CALL(vcpu, KVM_SET_XSAVE, state->xsave, error) &&
	       (!state->has_lapic || CALL(vcpu, KVM_SET_LAPIC, &copy.lapic, error)) &&
	       load_msrs(vcpu, state, &changed, error) && load_tsc(vcpu, state, error) &&
	       load_nested(vcpu, state, error) && CALL(vcpu, KVM_SET_REGS, &copy.regs, error) &&
	       CALL(vcpu, KVM_SET_VCPU_EVENTS, &copy.events, error) &&
	       CALL(vcpu, KVM_SET_MP_STATE, &copy.mp_state, error) &&
	       CALL(vcpu, KVM_SET_DEBUGREGS, &copy.debugregs, error) &&
	       load_deadline(vcpu, state, error);
}

/* --- Resetting ------------------------------------------------------------------- */

/* What KVM shows in struct kvm_run at each exit, if asked to (KVM API, KVM_CAP_SYNC_REGS), */
#define SHOWN (KVM_SYNC_X86_SREGS | KVM_SYNC_X86_EVENTS)
/* and what it takes out of there. */
const uint64_t arch_general_registers = KVM_SYNC_X86_REGS;

uint64_t arch_shown_registers(struct engine_vm *vm)
{
	const uint64_t wanted = SHOWN | arch_general_registers;

	return (has_cap(vm->fd, KVM_CAP_SYNC_REGS) & wanted) == wanted ? SHOWN : 0;
}

static bool is_plain(uint64_t efer, uint64_t cr4, const struct kvm_vcpu_events *events)
{
	return !(efer & EFER_SVME) && !(cr4 & CR4_VMXE) && !events->smi.smm;
}

bool arch_can_reset(struct engine_vcpu *vcpu, const struct arch_cpu_state *state)
{
	const struct kvm_sync_regs *now = &vcpu->run->s.regs;

	/* In nested guests, system management mode and with an APIC, the order matters. */
	return vcpu->entered && vcpu->vm->irqchip == ENGINE_NO_IRQCHIP &&
	       is_plain(state->sregs.efer, state->sregs.cr4, &state->events) &&
	       is_plain(now->sregs.efer, now->sregs.cr4, &now->events);
}

static bool reset_sregs(struct engine_vcpu *vcpu, const struct arch_cpu_state *state,
			struct engine_error *error)
{
	/* KVM may have PDPTEs that are in no register. */
	if (!(state->sregs.flags & KVM_SREGS2_FLAGS_PDPTRS_VALID) &&
	    !memcmp(&vcpu->run->s.regs.sregs, &state->sregs, COMMON_SREGS))
		return true;
	return load_sregs(vcpu, state, error);
}

static bool reset_xsave(struct engine_vcpu *vcpu, const struct arch_cpu_state *state,
			struct engine_error *error)
{
	unsigned char *now = get_xsave(vcpu, state, error);
	bool ok = now;

	if (ok && memcmp(now, state->xsave, state->xsave_size))
		ok = CALL(vcpu, KVM_SET_XSAVE, state->xsave, error);
	free(now);
	return ok;
}

static bool reset_xcrs(struct engine_vcpu *vcpu, const struct arch_cpu_state *state,
		       struct engine_error *error)
{
	struct kvm_xcrs now = {0}, wanted = state->xcrs;

	if (!state->has_xcrs)
		return true;
	if (!CALL(vcpu, KVM_GET_XCRS, &now, error))
		return false;
	return !memcmp(&now, &wanted, sizeof(now)) || CALL(vcpu, KVM_SET_XCRS, &wanted, error);
}

static bool reset_debugregs(struct engine_vcpu *vcpu, const struct arch_cpu_state *state,
			    struct engine_error *error)
{
	struct kvm_debugregs now = {0}, wanted = state->debugregs;

	if (!CALL(vcpu, KVM_GET_DEBUGREGS, &now, error))
		return false;
	return !memcmp(&now, &wanted, sizeof(now)) || CALL(vcpu, KVM_SET_DEBUGREGS, &wanted, error);
}

static bool reset_msrs(struct engine_vcpu *vcpu, const struct arch_cpu_state *state,
		       struct engine_error *error)
{
	bool changed = false;

	/* A guest that sets its TSC shows in IA32_TSC_ADJUST. */
	return load_msrs(vcpu, state, &changed, error) &&
	       (!changed || load_tsc(vcpu, state, error));
}

bool arch_set_shown_registers(struct engine_vcpu *vcpu)
{
	struct kvm_regs regs = vcpu->run->s.regs.regs;

	return engine_ioctl(vcpu->fd, KVM_SET_REGS, &regs) == 0;
}

/* KVM forgets an exception that waits when it gets general registers: events come after them. */
static bool reset_regs_and_events(struct engine_vcpu *vcpu, const struct arch_cpu_state *state,
				  struct engine_error *error)
{
	struct kvm_vcpu_events wanted = state->events;
	struct kvm_regs regs = state->regs;

	if (!wanted.exception.pending &&
	    !memcmp(&vcpu->run->s.regs.events, &wanted, sizeof(wanted))) {
		vcpu->run->s.regs.regs = regs;
		if (engine_let_registers_wait(vcpu))
			return true;
	}
	return CALL(vcpu, KVM_SET_REGS, &regs, error) &&
	       CALL(vcpu, KVM_SET_VCPU_EVENTS, &wanted, error);
}

bool arch_reset_cpu(struct engine_vcpu *vcpu, const struct arch_cpu_state *state,
		    struct engine_error *error)
{
	/* As arch_load_cpu() has it. */
	return reset_sregs(vcpu, state, error) && reset_xcrs(vcpu, state, error) &&
	       reset_xsave(vcpu, state, error) && reset_msrs(vcpu, state, error) &&
	       reset_debugregs(vcpu, state, error) && reset_regs_and_events(vcpu, state, error);
}

void arch_free_cpu_state(struct arch_cpu_state *state)
{
	if (!state)
		return;
	free(state->xsave);
	free(state->msrs);
	free(state->nested);
	free(state);
}
