// SPDX-License-Identifier: MIT
/* Virtual machines: how they come into being and how they end. */
#include <inttypes.h>

#include "host/engine/arch.h"
#include "host/ltp/buffers.h"
#include "host/engine/payload.h"
#include "host/ltp/report.h"
#include "host/ltp/run.h"
#include "host/ltp/suite.h"
#include "host/ltp/vm.h"

#define KVM_DEVICE "/dev/kvm"
#define WANTED_API 12 /* stable since Linux 2.6.22 */

enum {
	SLOT_RAM = 0,
	SLOT_RESULT = 1
};

pthread_mutex_t tst_vm_lock = PTHREAD_MUTEX_INITIALIZER;
struct tst_kvm_vm *tst_vms;

struct tst_kvm_vm *tst_vm_of(const struct tst_kvm_instance *inst)
{
	struct tst_kvm_vm *vm;

	pthread_mutex_lock(&tst_vm_lock);
	for (vm = tst_vms; vm; vm = vm->next) {
		if (vm == inst->vm && vm->vm_fd == inst->vm_fd)
			break;
	}
	pthread_mutex_unlock(&tst_vm_lock);
	return vm;
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

/* What to do about an error of opening KVM_DEVICE. */
static const char *mend_of_open(int err)
{
	switch (err) {
	case ENOENT:
		return ", since the kernel has no KVM here (load its module, kvm_intel or kvm_amd, or "
		       "use a machine that has it)";
	case EACCES:
	case EPERM:
		return " (add the user to the group that owns it, often kvm, or run as root)";
	case ENODEV:
	case ENXIO:
		return ", since no KVM module is active (enable virtualization in the firmware and "
		       "load kvm_intel or kvm_amd)";
	}
	return "";
}

static bool open_kvm(int *sys_fd, struct tst_error *error)
{
	int version;

	*sys_fd = open(KVM_DEVICE, O_RDWR | O_CLOEXEC);
	if (*sys_fd < 0)
		return tst_fail_errno(error, "cannot open %s%s", KVM_DEVICE, mend_of_open(errno));
	version = ioctl(*sys_fd, KVM_GET_API_VERSION, 0);
	if (version < 0)
		return tst_fail_errno(error, "ioctl(KVM_GET_API_VERSION) on %s", KVM_DEVICE);
	if (version != WANTED_API)
		return tst_fail(error, "%s speaks KVM API version %d, not %d; use another kernel",
				KVM_DEVICE, version, WANTED_API);
	return true;
}

static bool make_memory(struct tst_kvm_instance *inst, struct tst_kvm_vm *vm, uint64_t ram_size,
			struct tst_error *error)
{
	const size_t payload_size = kvm_payload_end - kvm_payload_start;
	unsigned char *ram, *page;

	ram = tst_vm_add_memory(inst, vm, SLOT_RAM, 0, ram_size, 0, error);
	if (!ram)
		return false;
	page = tst_vm_add_memory(inst, vm, SLOT_RESULT, KVM_RESULT_BASEADDR, KVM_RESULT_SIZE, 0,
				 error);
	if (!page)
		return false;
	tst_payload_load(kvm_payload_start, payload_size, ram, inst->ram[SLOT_RAM].memory_size);
	tst_arch_install_reset_code(page);
	inst->result = (struct tst_kvm_result *)page;
	inst->result->result = KVM_TNONE;
	return true;
}

static bool make_vcpu(int sys_fd, struct tst_kvm_vm *vm, struct tst_error *error)
{
	void *run;
	int size;

	vm->vcpu_fd = ioctl(vm->vm_fd, KVM_CREATE_VCPU, 0);
	if (vm->vcpu_fd < 0)
		return tst_fail_errno(error, "ioctl(KVM_CREATE_VCPU)");
	size = ioctl(sys_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (size < (int)sizeof(struct kvm_run))
		return tst_fail_errno(error, "ioctl(KVM_GET_VCPU_MMAP_SIZE) returned %d", size);
	run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu_fd, 0);
	if (run == MAP_FAILED)
		return tst_fail_errno(error, "mmap() of the virtual CPU's state");
	vm->run = run;
	vm->run_size = size;
	return tst_arch_setup_vcpu(sys_fd, vm->vcpu_fd, error);
}

static bool make_vm(struct tst_kvm_instance *inst, struct tst_kvm_vm *vm, uint64_t ram_size,
		    int *sys_fd, struct tst_error *error)
{
	if (!open_kvm(sys_fd, error))
		return false;
	vm->vm_fd = ioctl(*sys_fd, KVM_CREATE_VM, 0);
	if (vm->vm_fd < 0)
		return tst_fail_errno(error, "ioctl(KVM_CREATE_VM)");
	return tst_arch_setup_vm(vm->vm_fd, ram_size, error) &&
	       make_memory(inst, vm, ram_size, error) && make_vcpu(*sys_fd, vm, error);
}

static void clear_instance(struct tst_kvm_instance *inst)
{
	memset(inst, 0, sizeof(*inst));
	inst->vm_fd = inst->vcpu_fd = -1;
}

static void release_vm(struct tst_kvm_vm *vm)
{
	unsigned int slot;

	if (vm->run)
		munmap(vm->run, vm->run_size);
	if (vm->vcpu_fd >= 0)
		close(vm->vcpu_fd);
	if (vm->vm_fd >= 0)
		close(vm->vm_fd);
	for (slot = 0; slot < MAX_KVM_MEMSLOTS; slot++) {
		if (vm->ram[slot])
			tst_buffer_unpin(vm->ram[slot]);
	}
	free(vm);
}

/* Undoes a creation that failed; nobody has seen its buffers yet. */
static void discard_vm(struct tst_kvm_instance *inst, struct tst_kvm_vm *vm)
{
	const void *ram[MAX_KVM_MEMSLOTS];
	unsigned int slot;

	memcpy(ram, vm->ram, sizeof(ram));
	release_vm(vm);
	for (slot = 0; slot < MAX_KVM_MEMSLOTS; slot++) {
		if (ram[slot])
			tst_buffer_free(ram[slot]);
	}
	clear_instance(inst);
}

static void publish_vm(struct tst_kvm_instance *inst, struct tst_kvm_vm *vm)
{
	inst->vm_fd = vm->vm_fd;
	inst->vcpu_fd = vm->vcpu_fd;
	inst->vcpu_info = vm->run;
	inst->vcpu_info_size = vm->run_size;
	inst->vm = vm;

	pthread_mutex_lock(&tst_vm_lock);
	vm->next = tst_vms;
	tst_vms = vm;
	pthread_mutex_unlock(&tst_vm_lock);
}

void tst_kvm_create_instance(struct tst_kvm_instance *inst, size_t ram_size)
{
	const uint64_t page = sysconf(_SC_PAGESIZE);
	struct tst_error error;
	struct tst_kvm_vm *vm;
	uint64_t needed;
	int sys_fd = -1;
	bool made;

	if (!inst)
		lib_brk(TBROK, "tst_kvm_create_instance(inst): inst is NULL");
	if (!ram_size || ram_size > KVM_RESULT_BASEADDR)
		lib_brk(TBROK,
			"tst_kvm_create_instance(ram_size): ram_size is %#zx; RAM has 1 byte at least "
			"and %#llx at most, where the result page begins",
			ram_size, (unsigned long long)KVM_RESULT_BASEADDR);
	if (!tst_payload_check(kvm_payload_start, kvm_payload_end - kvm_payload_start, &needed,
			       &error))
		lib_brk(TBROK, "tst_kvm_create_instance(): %s", error.text);
	if (tst_vm_of(inst))
		tst_kvm_destroy_instance(inst);

	clear_instance(inst);
	vm = calloc(1, sizeof(*vm));
	if (!vm)
		lib_brk(TBROK | TERRNO, "tst_kvm_create_instance(): no memory");
	vm->vm_fd = vm->vcpu_fd = -1;
	if (needed < ram_size)
		needed = ram_size;
	made = make_vm(inst, vm, (needed + page - 1) / page * page, &sys_fd, &error);
	if (sys_fd >= 0)
		close(sys_fd);
	if (!made) {
		discard_vm(inst, vm);
		lib_brk(TBROK, "tst_kvm_create_instance(): %s", error.text);
	}
	publish_vm(inst, vm);
}

/* Takes the virtual machine out of the list unless it runs. */
static bool unlist_vm(struct tst_kvm_vm *vm)
{
	struct tst_kvm_vm **link;
	bool idle;

	pthread_mutex_lock(&tst_vm_lock);
	idle = !vm->running;
	for (link = &tst_vms; idle && *link; link = &(*link)->next) {
		if (*link == vm) {
			*link = vm->next;
			break;
		}
	}
	pthread_mutex_unlock(&tst_vm_lock);
	return idle;
}

void tst_kvm_destroy_instance(struct tst_kvm_instance *inst)
{
	struct tst_kvm_vm *vm;

	if (inst && tst_in_cleanup() && !tst_vm_of(inst))
		return;
	vm = tst_vm_needed(inst, __func__);
	if (!unlist_vm(vm))
		lib_brk(TBROK,
			"tst_kvm_destroy_instance(inst): a thread is still inside "
			"tst_kvm_run_instance(); interrupt it with a signal and join it first");
	release_vm(vm);
	clear_instance(inst);
}
