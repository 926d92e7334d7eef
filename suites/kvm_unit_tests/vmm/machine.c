/* SPDX-License-Identifier: MIT */
/* Making the machine; see machine.h. */
#include "suites/kvm_unit_tests/vmm/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include "suites/kvm_unit_tests/vmm/boot.h"
#include "suites/kvm_unit_tests/vmm/cpu_model.h"
#include "suites/kvm_unit_tests/vmm/slow_cpu.h"
#include "suites/kvm_unit_tests/vmm/smm.h"
#include "suites/kvm_unit_tests/vmm/verdict.h"

#define CR0_PE 1u

/* Nothing is reserved: images ask for more memory than they use. */
static bool take_memory(struct engine_vm *vm, uint64_t size, bool is_ram,
			struct engine_memory *memory, struct engine_error *error)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	struct sysinfo system;

	(void)vm;
	(void)is_ram;
	memory->host = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (memory->host == MAP_FAILED)
		return engine_fail_errno(error, "no memory for %#llx bytes of the guest's",
					 (unsigned long long)size);
	/* A huge page for each small one that the image touches would not fit. */
	if (!sysinfo(&system) && size > (uint64_t)system.freeram * system.mem_unit / 2)
		madvise(memory->host, size, MADV_NOHUGEPAGE);
	memory->owner = memory->host;
	return true;
}

/* All goes with the process. */
static void drop_memory(struct engine_vm *vm, const void *owner, bool unused)
{
	(void)vm;
	(void)owner;
	(void)unused;
}

static void allow_cpu_pm(struct engine_vm *vm)
{
	struct kvm_enable_cap cap = {.cap = KVM_CAP_X86_DISABLE_EXITS};
	int exits = engine_ioctl(vm->fd, KVM_CHECK_EXTENSION, (void *)KVM_CAP_X86_DISABLE_EXITS);

	if (exits <= 0)
		skip("the test wants a guest that halts and pauses the CPU itself, which this KVM "
		     "does not allow (KVM_CAP_X86_DISABLE_EXITS)");
	cap.args[0] = (unsigned int)exits;
	if (engine_ioctl(vm->fd, KVM_ENABLE_CAP, &cap))
		give_up("ioctl(KVM_ENABLE_CAP) of KVM_CAP_X86_DISABLE_EXITS: %s", strerror(errno));
}

/* Ticks that nobody took are gone, as QEMU is told to have it for these images. */
static void discard_lost_ticks(struct engine_vm *vm)
{
	struct kvm_reinject_control control = {.pit_reinject = 0};

	if (engine_ioctl(vm->fd, KVM_REINJECT_CONTROL, &control))
		give_up("ioctl(KVM_REINJECT_CONTROL): %s", strerror(errno));
}

/* Multiboot Specification, 3.2: flat segments in protected mode, no paging. */
static void enter_image(struct engine_vcpu *vcpu, const struct image *image, uint32_t info)
{
	const struct kvm_segment code = {
		.limit = 0xffffffff,
		.selector = 0x8,
		.type = 0xb,
		.present = 1,
		.s = 1,
		.db = 1,
		.g = 1,
	};
	struct kvm_regs regs = {
		.rax = MULTIBOOT_MAGIC,
		.rbx = info,
		.rip = image->entry,
		.rflags = 2,
	};
	struct kvm_segment data = code;
	struct kvm_sregs sregs;

	if (engine_ioctl(vcpu->fd, KVM_GET_SREGS, &sregs))
		give_up("ioctl(KVM_GET_SREGS): %s", strerror(errno));
	data.selector = 0x10;
	data.type = 0x3;
	sregs.cs = code;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	sregs.cr0 |= CR0_PE;
	if (engine_ioctl(vcpu->fd, KVM_SET_SREGS, &sregs) ||
	    engine_ioctl(vcpu->fd, KVM_SET_REGS, &regs))
		give_up("CPU 0 can't begin in protected mode: %s", strerror(errno));
}

void make_machine(struct machine *machine)
{
	const struct options *options = machine->options;
	const struct engine_config config = {
		.ram_size = options->memory,
		.vcpus = options->cpus,
		.irqchip = ENGINE_KERNEL_IRQCHIP,
		.payload = {.elf = machine->image.data,
			    .elf_end = machine->image.data + machine->image.size},
		.take_memory = take_memory,
		.drop_memory = drop_memory,
	};
	struct engine_error error;

	machine->vm = engine_begin(&config, &error);
	if (!machine->vm)
		give_up("%s", error.text);
	/* Before there are CPUs: KVM API, KVM_CAP_X86_DISABLE_EXITS. */
	if (options->cpu_pm)
		allow_cpu_pm(machine->vm);
	if (!engine_complete(machine->vm, &config, &error))
		give_up("%s", error.text);
	machine->ram = engine_at(machine->vm, 0);
	discard_lost_ticks(machine->vm);
	adapt_to_slow_cpu(machine->vm);
	for (unsigned int i = 0; i < options->cpus; i++)
		apply_cpu_model(machine->vm->vcpus[i], options->cpu);
	install_smm_handler(machine->vm);
	load_image(&machine->image, machine->ram);
	enter_image(machine->vm->vcpus[0], &machine->image, write_boot_information(machine));
}
