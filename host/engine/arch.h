/* SPDX-License-Identifier: MIT */
/* What each architecture in host/arch provides to the engine. */
#ifndef RINGSIDE_HOST_ENGINE_ARCH_H
#define RINGSIDE_HOST_ENGINE_ARCH_H

#include "host/engine/engine.h"
#include "host/engine/state.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The features that KVM can offer, for the caller to free(); NULL there when
 * this KVM does not know the call (KVM_GET_SUPPORTED_CPUID).
 */
bool arch_supported_cpuid(int sys_fd, struct kvm_cpuid2 **list, struct engine_error *error);

/* Prepares a new virtual machine with RAM up to @ram_end, before it has virtual CPUs. */
bool arch_setup_vm(int vm_fd, uint64_t ram_end, unsigned int vcpus, struct engine_error *error);

/* All interrupt controllers in the kernel, or the CPUs' alone. */
bool arch_make_irqchip(int vm_fd, struct engine_error *error);
bool arch_make_split_irqchip(int vm_fd, struct engine_error *error);

/* Prepares virtual CPU @index; @irqchip: its interrupt controller is in the kernel. */
bool arch_setup_vcpu(int vcpu_fd, unsigned int index, const struct kvm_cpuid2 *cpuid, bool irqchip,
		     struct engine_error *error);

/* Fills in what the CPU executes first; @page is CPU 0's result slot. */
void arch_install_reset_code(unsigned char *page);

/* Whether this architecture's virtual CPU runs payloads of type @arch. */
bool arch_runs_payload(uint16_t arch);

/*
 * Where the page tables that @sregs names lead @addr, read from the machine's
 * memory; @addr itself without paging. False if they lead nowhere.
 */
bool arch_walk(struct engine_vm *vm, const struct kvm_sregs2 *sregs, uint64_t addr,
	       uint64_t *paddr);

/*
 * KVM_GET_SREGS2 or, in a KVM without it, what KVM_GET_SREGS tells; false with
 * errno. The CPU must be out of KVM_RUN.
 */
bool arch_get_sregs(int vcpu_fd, struct kvm_sregs2 *sregs);

/*
 * The guest's general registers, a few lines that begin with a newline; empty
 * when KVM does not tell. The CPU must be out of KVM_RUN.
 */
void arch_describe_registers(int vcpu_fd, char *buf, size_t size);

/* Whether the CPU is as a reset leaves it; the CPU must be out of KVM_RUN. */
bool arch_was_reset(int vcpu_fd);

/* Where the guest is: "rip 0x10ef". */
void arch_describe_position(int vcpu_fd, char *buf, size_t size);

/* Where the guest is in its calls. */
struct arch_frame {
	uint64_t instruction; /* the next one's virtual address */
	uint64_t pointer; /* the frame pointer: caller's one, then return address */
	unsigned int word_size; /* of a pointer in bytes */
};

/* The guest's innermost frame; false when KVM does not tell. */
bool arch_get_frame(int vcpu_fd, struct arch_frame *frame);

/*
 * What is known of an exit that only this architecture has. Returns false
 * when it has nothing to say about it.
 */
bool arch_describe_exit(const struct kvm_run *run, char *buf, size_t size);

/*
 * A CPU's state, all that KVM tells of it; the CPU is settled (settle.c). NULL
 * with the reason.
 */
struct arch_cpu_state *arch_save_cpu(struct engine_vcpu *vcpu, struct engine_error *error);
bool arch_load_cpu(struct engine_vcpu *vcpu, const struct arch_cpu_state *state,
		   struct engine_error *error);
void arch_compare_cpu(unsigned int cpu, const struct arch_cpu_state *a,
		      const struct arch_cpu_state *b, struct engine_differences *found);
void arch_free_cpu_state(struct arch_cpu_state *state);

/* Flags for struct kvm_run's kvm_valid_regs, which arch_can_reset() looks at; 0: no reset. */
uint64_t arch_shown_registers(struct engine_vm *vm);

/*
 * Whether arch_reset_cpu() can put that state back; struct kvm_run shows the registers
 * of the CPU, which is abandoned (settle.c).
 */
bool arch_can_reset(struct engine_vcpu *vcpu, const struct arch_cpu_state *state);

/*
 * As arch_load_cpu(), for a state of this very CPU: sets what differs from it. The general
 * registers may be left in struct kvm_run (engine_let_registers_wait()).
 */
bool arch_reset_cpu(struct engine_vcpu *vcpu, const struct arch_cpu_state *state,
		    struct engine_error *error);

/*
 * Names among KVM's statistics: of the number of shadow pages that it has made for a VM, and
 * of that of page faults which made it fill one, or look for what to fill, for a CPU.
 */
extern const char arch_shadow_page_count[], arch_fault_count[];

/* KVM_SET_REGS with what struct kvm_run has; false with errno. */
bool arch_set_shown_registers(struct engine_vcpu *vcpu);

/* The flag for them in struct kvm_run's kvm_dirty_regs. */
extern const uint64_t arch_general_registers;

/* What has to leave the CPU before memory is loaded: it may write there. */
bool arch_prepare_load(struct engine_vcpu *vcpu, struct engine_error *error);

/* The machine's state: interrupt controllers, timers, the clock. */
struct arch_vm_state *arch_save_vm(struct engine_vm *vm, struct engine_error *error);
bool arch_load_devices(struct engine_vm *vm, const struct arch_vm_state *state,
		       struct engine_error *error);
bool arch_load_clock(struct engine_vm *vm, const struct arch_vm_state *state,
		     struct engine_error *error);
void arch_compare_vm(const struct arch_vm_state *a, const struct arch_vm_state *b,
		     struct engine_differences *found);
void arch_free_vm_state(struct arch_vm_state *state);

#ifdef __cplusplus
}
#endif

#endif /* RINGSIDE_HOST_ENGINE_ARCH_H */
