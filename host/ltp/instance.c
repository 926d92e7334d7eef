// SPDX-License-Identifier: MIT
/* Virtual machines as tests have them: struct tst_kvm_instance. */
#include <inttypes.h>

#include "host/engine/payload.h"
#include "host/ltp/backing.h"
#include "host/ltp/report.h"
#include "host/ltp/suite.h"
#include "host/ltp/vm.h"

/* Absent from a controller that was built without kvm_test. */
extern const unsigned char kvm_payload_elf_start[] __attribute__((weak));
extern const unsigned char kvm_payload_elf_end[] __attribute__((weak));
#pragma weak kvm_payloads
#pragma weak kvm_payload_count

/* KVM counts a memslot's pages in 31 bits (KVM_MEM_MAX_NR_PAGES). */
#define LARGEST_RAM (0x7fffffffULL << 12)

struct tst_kvm_vm *tst_vm_of(const struct tst_kvm_instance *inst)
{
	const struct engine_vm *vm;

	pthread_mutex_lock(&engine_lock);
	for (vm = engine_vms; vm; vm = vm->next) {
		if (vm->user == inst->vm && vm->fd == inst->vm_fd)
			break;
	}
	pthread_mutex_unlock(&engine_lock);
	return vm ? inst->vm : NULL;
}

struct tst_kvm_vm *tst_vm_needed(const struct tst_kvm_instance *inst, const char *func)
{
	struct tst_kvm_vm *vm = inst ? tst_vm_of(inst) : NULL;

	if (!vm)
		lib_brk(TBROK,
			"%s(inst): there is no virtual machine in inst; "
			"tst_kvm_create_instance() makes one",
			func);
	return vm;
}

struct tst_kvm_vm *tst_complete_vm_needed(const struct tst_kvm_instance *inst, const char *func)
{
	struct tst_kvm_vm *vm = tst_vm_needed(inst, func);

	if (!vm->cpus[0].engine)
		lib_brk(TBROK,
			"%s(inst): the machine has no virtual CPUs yet; call it when "
			"tst_kvm_create() has returned",
			func);
	return vm;
}

struct tst_kvm_cpu *tst_cpu_needed(const struct tst_kvm_vcpu *vcpu, const char *func)
{
	struct tst_kvm_cpu *found = NULL;
	const struct engine_vm *engine;

	pthread_mutex_lock(&engine_lock);
	for (engine = engine_vms; engine && vcpu; engine = engine->next) {
		struct tst_kvm_vm *vm = engine->user;
		unsigned int i;

		for (i = 0; i < engine->vcpu_count; i++) {
			if (&vm->cpus[i].vcpu == vcpu && vm->cpus[i].engine)
				found = &vm->cpus[i];
		}
	}
	pthread_mutex_unlock(&engine_lock);
	if (!found)
		lib_brk(TBROK,
			"%s(vcpu): this is no virtual CPU of a machine that exists; tst_kvm_vcpu() "
			"tells them",
			func);
	return found;
}

struct tst_kvm_vcpu *tst_kvm_vcpu(struct tst_kvm_instance *inst, unsigned int index)
{
	struct tst_kvm_vm *vm = tst_complete_vm_needed(inst, __func__);

	if (index >= vm->engine->vcpu_count)
		lib_brk(TBROK,
			"tst_kvm_vcpu(index): index is %u, and the machine has %u virtual CPU(s), 0 "
			"to %u; tst_kvm_create() makes machines with more",
			index, vm->engine->vcpu_count, vm->engine->vcpu_count - 1);
	return &vm->cpus[index].vcpu;
}

static void clear_instance(struct tst_kvm_instance *inst)
{
	memset(inst, 0, sizeof(*inst));
	inst->vm_fd = inst->vcpu_fd = -1;
}

void tst_show_slot(struct tst_kvm_instance *inst, const struct tst_kvm_vm *vm, unsigned int slot)
{
	struct kvm_userspace_memory_region *shown;
	struct engine_slot known;

	if (slot >= MAX_KVM_MEMSLOTS)
		return;
	shown = &inst->ram[slot];
	memset(shown, 0, sizeof(*shown));
	if (!engine_slot(vm->engine, slot, &known))
		return;
	shown->slot = slot;
	shown->flags = known.flags;
	shown->guest_phys_addr = known.base;
	shown->memory_size = known.size;
	shown->userspace_addr = (uintptr_t)known.host;
}

/* Fills in what tests see, once the machine is complete. */
static void show(struct tst_kvm_instance *inst, struct tst_kvm_vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->engine->vcpu_count; i++) {
		struct engine_vcpu *vcpu = vm->engine->vcpus[i];

		vm->cpus[i].engine = vcpu;
		vm->cpus[i].vcpu.fd = vcpu->fd;
		vm->cpus[i].vcpu.run = vcpu->run;
	}
	vm->cpus[0].state = KVM_CPU_STARTED;
	inst->vcpu_fd = vm->cpus[0].vcpu.fd;
	inst->vcpu_info = vm->cpus[0].vcpu.run;
	inst->vcpu_info_size = vm->engine->vcpus[0]->run_size;
	for (i = 0; i < MAX_KVM_MEMSLOTS; i++)
		tst_show_slot(inst, vm, i);
	inst->result = engine_result(vm->engine, 0);
}

static void free_vm(struct tst_kvm_vm *vm, unsigned int vcpus)
{
	unsigned int i;

	tst_vm_forget_snapshot(vm);
	for (i = 0; i < vcpus; i++)
		free(vm->cpus[i].description);
	for (i = 0; i < vm->eventfd_count; i++)
		close(vm->eventfds[i]);
	free(vm->eventfds);
	pthread_cond_destroy(&vm->changed);
	pthread_mutex_destroy(&vm->lock);
	free(vm);
}

static struct tst_kvm_vm *new_vm(unsigned int vcpus)
{
	struct tst_kvm_vm *vm = calloc(1, sizeof(*vm) + vcpus * sizeof(vm->cpus[0]));
	pthread_condattr_t attr;
	unsigned int i;

	if (!vm)
		return NULL;
	pthread_mutex_init(&vm->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&vm->changed, &attr);
	pthread_condattr_destroy(&attr);
	for (i = 0; i < vcpus; i++)
		vm->cpus[i].vcpu = (struct tst_kvm_vcpu){.fd = -1, .index = i, .vm = vm};
	return vm;
}

static void list_payloads(char *buf, size_t size)
{
	size_t used = 0;
	unsigned int i;

	buf[0] = '\0';
	for (i = 0; i < (&kvm_payload_count ? kvm_payload_count : 0) && used < size; i++)
		used += snprintf(buf + used, size - used, "%s\"%s\"", i ? ", " : "",
				 kvm_payloads[i].name);
}

static struct engine_payload choose_payload(const char *func, const char *name)
{
	unsigned int i, count = &kvm_payload_count ? kvm_payload_count : 0;
	char known[512];

	if (!name)
		return (struct engine_payload){
			.image = kvm_payload_start,
			.size = kvm_payload_end - kvm_payload_start,
			.elf = kvm_payload_elf_start,
			.elf_end = kvm_payload_elf_end,
		};
	for (i = 0; i < count; i++) {
		const struct kvm_payload *payload = &kvm_payloads[i];

		if (!strcmp(payload->name, name))
			return (struct engine_payload){
				.image = payload->start,
				.size = payload->end - payload->start,
				.elf = payload->elf_start,
				.elf_end = payload->elf_end,
			};
	}
	list_payloads(known, sizeof(known));
	lib_brk(TBROK, "%s(): config.payload is \"%s\"; the test's payloads are %s", func, name,
		count ? known : "one without a name: config.payload is NULL then");
	return (struct engine_payload){0};
}

/* Also when the test breaks meanwhile: the machine can be destroyed then. */
static void leave_creation(struct tst_kvm_vm **vm)
{
	(*vm)->in_creation = false;
}

static void before_vcpus(struct engine_vm *engine, const struct tst_kvm_config *config,
			 struct tst_kvm_instance *inst, struct tst_kvm_vm *vm)
{
	__attribute__((cleanup(leave_creation), unused)) struct tst_kvm_vm *in_it = vm; // NOLINT

	vm->engine = engine;
	inst->vm_fd = engine->fd;
	inst->vm = vm;
	vm->in_creation = true;
	if (config->before_vcpus)
		config->before_vcpus(inst, config->arg);
}

static void refuse_creation(struct tst_kvm_instance *inst, struct tst_kvm_vm *vm,
			    unsigned int vcpus, const char *func, const struct engine_error *error)
{
	if (vm->engine && engine_unlist(vm->engine)) {
		tst_backing_discard(vm->engine);
		engine_release(vm->engine);
	}
	free_vm(vm, vcpus);
	clear_instance(inst);
	lib_brk(error->unsupported ? TCONF : TBROK, "%s(): %s", func, error->text);
}

static void create(struct tst_kvm_instance *inst, const struct tst_kvm_config *config,
		   const char *func)
{
	const uint64_t page = sysconf(_SC_PAGESIZE);
	const unsigned int vcpus = config->vcpus ? config->vcpus : 1;
	struct engine_config engine_config = {
		.vcpus = vcpus,
		.irqchip = (enum engine_irqchip)config->irqchip,
		.dirty_ring = config->dirty_ring,
	};
	struct engine_error error;
	struct engine_vm *engine;
	struct tst_kvm_vm *vm;
	uint64_t needed;

	if (vcpus > KVM_MAX_CPUS)
		lib_brk(TBROK, "%s(): config.vcpus is %u; a machine has 1 to %d virtual CPUs", func,
			vcpus, KVM_MAX_CPUS);
	if (config->irqchip > TST_KVM_SPLIT_IRQCHIP)
		lib_brk(TBROK, "%s(): config.irqchip is %u, which is no enum tst_kvm_irqchip", func,
			config->irqchip);
	engine_config.payload = choose_payload(func, config->payload);
	if (!engine_check_payload(&engine_config.payload, vcpus, &needed, &error))
		lib_brk(TBROK, "%s(): %s", func, error.text);
	if (needed < config->ram_size)
		needed = config->ram_size;
	if (needed > LARGEST_RAM)
		lib_brk(TBROK,
			"%s(): ram_size is %#zx; RAM has %#llx bytes at most, since a memslot has "
			"no more",
			func, config->ram_size, LARGEST_RAM);
	engine_config.ram_size = (needed + page - 1) / page * page;
	tst_backing_choose(&engine_config, config->backing, func);
	if (tst_vm_of(inst))
		tst_kvm_destroy_instance(inst);

	clear_instance(inst);
	vm = new_vm(vcpus);
	if (!vm)
		lib_brk(TBROK | TERRNO, "%s(): no memory", func);
	engine_config.user = vm;
	engine = engine_begin(&engine_config, &error);
	if (!engine)
		refuse_creation(inst, vm, vcpus, func, &error);
	before_vcpus(engine, config, inst, vm);
	if (!engine_complete(engine, &engine_config, &error))
		refuse_creation(inst, vm, vcpus, func, &error);
	show(inst, vm);
}

void tst_kvm_create(struct tst_kvm_instance *inst, const struct tst_kvm_config *config)
{
	static const struct tst_kvm_config defaults;
	struct tst_kvm_config own = config ? *config : defaults;

	if (!inst)
		lib_brk(TBROK, "tst_kvm_create(inst): inst is NULL");
	if (!own.ram_size)
		own.ram_size = DEFAULT_RAM_SIZE;
	create(inst, &own, __func__);
}

void tst_kvm_create_instance(struct tst_kvm_instance *inst, size_t ram_size)
{
	const struct tst_kvm_config config = {.ram_size = ram_size};

	if (!inst)
		lib_brk(TBROK, "tst_kvm_create_instance(inst): inst is NULL");
	if (!ram_size)
		lib_brk(TBROK,
			"tst_kvm_create_instance(ram_size): ram_size is 0; RAM has 1 byte at "
			"least");
	create(inst, &config, __func__);
}

void tst_kvm_destroy_instance(struct tst_kvm_instance *inst)
{
	struct engine_vm *engine;
	struct tst_kvm_vm *vm;
	unsigned int vcpus;
	bool idle;

	if (inst && tst_in_cleanup() && !tst_vm_of(inst))
		return;
	vm = tst_vm_needed(inst, __func__);
	engine = vm->engine;
	vcpus = engine->vcpu_count;
	if (vm->in_creation)
		lib_brk(TBROK,
			"tst_kvm_destroy_instance(inst): config.before_vcpus can't destroy the "
			"machine that is being made; tst_brk() ends the test there");
	pthread_mutex_lock(&engine_lock);
	idle = !vm->runners;
	pthread_mutex_unlock(&engine_lock);
	if (!idle || !engine_unlist(engine))
		lib_brk(TBROK,
			"tst_kvm_destroy_instance(inst): a thread is still inside "
			"tst_kvm_run_instance() or another run of its CPUs; interrupt it with a "
			"signal and join it first");
	engine_release(engine);
	free_vm(vm, vcpus);
	clear_instance(inst);
}
