// SPDX-License-Identifier: MIT
/* Virtual machines: how they come into being and how they end. */
#include "host/engine/engine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/engine/arch.h"
#include "host/engine/payload.h"

#define KVM_DEVICE "/dev/kvm"
#define WANTED_API 12 /* stable since Linux 2.6.22 */

/* Below, where RAM does not fit under 4 GiB: the hole for devices, from here on. */
#define HOLE_START 0xc0000000ULL
#define HOLE_END 0x100000000ULL

pthread_mutex_t engine_lock = PTHREAD_MUTEX_INITIALIZER;
struct engine_vm *engine_vms;

static pthread_mutex_t host_lock = PTHREAD_MUTEX_INITIALIZER;
static struct engine_host known_host;
static bool host_is_known;

/* What to do about an error of opening KVM_DEVICE. */
static const char *fix_of_open(int err)
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

int engine_open_kvm(struct engine_error *error)
{
	int fd = engine_open(KVM_DEVICE);

	if (fd < 0)
		engine_fail_errno(error, "cannot open %s%s", KVM_DEVICE, fix_of_open(errno));
	return fd;
}

static bool ask_host(int fd, struct engine_host *host, struct engine_error *error)
{
	int version = engine_ioctl(fd, KVM_GET_API_VERSION, NULL), size, count;

	if (version < 0)
		return engine_fail_errno(error, "ioctl(KVM_GET_API_VERSION) on %s", KVM_DEVICE);
	if (version != WANTED_API)
		return engine_fail(error,
				   "%s speaks KVM API version %d, not %d; use another kernel",
				   KVM_DEVICE, version, WANTED_API);
	size = engine_ioctl(fd, KVM_GET_VCPU_MMAP_SIZE, NULL);
	if (size < (int)sizeof(struct kvm_run))
		return engine_fail_errno(error, "ioctl(KVM_GET_VCPU_MMAP_SIZE) returned %d", size);
	host->run_size = size;
	/* KVM API, KVM_CAP_MAX_VCPUS and KVM_CAP_NR_VCPUS: what old ones do not tell is 4. */
	count = engine_ioctl(fd, KVM_CHECK_EXTENSION, (void *)KVM_CAP_MAX_VCPUS);
	if (count <= 0)
		count = engine_ioctl(fd, KVM_CHECK_EXTENSION, (void *)KVM_CAP_NR_VCPUS);
	host->max_vcpus = count > 0 ? count : 4;
	count = engine_ioctl(fd, KVM_CHECK_EXTENSION, (void *)KVM_CAP_NR_MEMSLOTS);
	host->max_slots = count > 0 ? count : 32;
	count = engine_ioctl(fd, KVM_CHECK_EXTENSION, (void *)KVM_CAP_IRQ_ROUTING);
	host->max_gsis = count > 0 ? count : 24; /* an I/O APIC's */
	return arch_supported_cpuid(fd, &host->cpuid, error);
}

static const struct engine_host *host_by(int fd, struct engine_error *error)
{
	struct engine_host host = {0};
	bool ok = true;

	pthread_mutex_lock(&host_lock);
	if (!host_is_known) {
		ok = ask_host(fd, &host, error);
		if (ok) {
			known_host = host;
			host_is_known = true;
		}
	}
	pthread_mutex_unlock(&host_lock);
	return ok ? &known_host : NULL;
}

const struct engine_host *engine_host(struct engine_error *error)
{
	const struct engine_host *host;
	int fd;

	if (__atomic_load_n(&host_is_known, __ATOMIC_ACQUIRE))
		return &known_host;
	fd = engine_open_kvm(error);
	if (fd < 0)
		return NULL;
	host = host_by(fd, error);
	close(fd);
	return host;
}

void engine_forget_host(void)
{
	pthread_mutex_lock(&host_lock);
	if (host_is_known)
		free(known_host.cpuid);
	host_is_known = false;
	pthread_mutex_unlock(&host_lock);
}

static void add_to_list(struct engine_vm *vm)
{
	pthread_mutex_lock(&engine_lock);
	vm->next = engine_vms;
	engine_vms = vm;
	pthread_mutex_unlock(&engine_lock);
	engine_know_vm(vm);
}

struct engine_vm *engine_begin(const struct engine_config *config, struct engine_error *error)
{
	const struct engine_host *host;
	struct engine_vm *vm;
	int fd = engine_open_kvm(error);

	if (fd < 0)
		return NULL;
	vm = calloc(1, sizeof(*vm));
	if (!vm) {
		engine_fail_errno(error, "no memory");
		close(fd);
		return NULL;
	}
	pthread_mutex_init(&vm->lock, NULL);
	vm->irqchip = config->irqchip;
	vm->payload = config->payload;
	vm->vcpu_count = config->vcpus;
	vm->ram_size = config->ram_size;
	vm->ring_entries = config->dirty_ring;
	vm->user = config->user;
	vm->drop_memory = config->drop_memory;
	vm->fd = -1;
	host = host_by(fd, error);
	if (!host)
		goto failed;
	if (config->vcpus > host->max_vcpus) {
		engine_fail(error, "%u virtual CPUs are wanted; this KVM has %u at most",
			    config->vcpus, host->max_vcpus);
		goto failed;
	}
	vm->fd = engine_ioctl(fd, KVM_CREATE_VM, NULL);
	if (vm->fd < 0) {
		engine_fail_errno(error, "ioctl(KVM_CREATE_VM)");
		goto failed;
	}
	close(fd);
	add_to_list(vm);
	return vm;

failed:
	close(fd);
	pthread_mutex_destroy(&vm->lock);
	free(vm);
	return NULL;
}

/* Where RAM ends that begins at address 0. */
static uint64_t low_ram_end(const struct engine_config *config)
{
	const uint64_t slots = KVM_RESULT_BASEADDR - (config->vcpus - 1) * KVM_RESULT_SIZE;
	const bool has_hole = config->irqchip != ENGINE_NO_IRQCHIP || !config->payload.image;
	const uint64_t limit = has_hole ? HOLE_START : slots;

	if (config->ram_size <= limit)
		return config->ram_size;
	return HOLE_START;
}

static void *add_memory(struct engine_vm *vm, const struct engine_config *config, uint32_t slot,
			uint64_t base, uint64_t size, struct engine_error *error)
{
	struct engine_memory memory = {.guest_memfd = -1};
	bool ok;

	if (!config->take_memory(vm, size, slot != ENGINE_SLOT_RESULT, &memory, error))
		return NULL;
	ok = engine_add_memory(vm, slot, base, size, &memory, error);
	/* Its mapping keeps the file. */
	if (memory.guest_memfd >= 0)
		close(memory.guest_memfd);
	if (!ok)
		config->drop_memory(vm, memory.owner, true);
	return ok ? memory.host : NULL;
}

static bool make_memory(struct engine_vm *vm, const struct engine_config *config,
			const struct engine_host *host, struct engine_error *error)
{
	const uint64_t slots_size = (uint64_t)config->vcpus * KVM_RESULT_SIZE;
	unsigned char *ram, *slots;

	vm->low_ram_end = low_ram_end(config);
	ram = add_memory(vm, config, ENGINE_SLOT_RAM, 0, vm->low_ram_end, error);
	if (!ram)
		return false;
	if (config->ram_size > vm->low_ram_end &&
	    !add_memory(vm, config, host->max_slots - 1, HOLE_END,
			config->ram_size - vm->low_ram_end, error))
		return false;
	if (!config->payload.image)
		return true;
	slots = add_memory(vm, config, ENGINE_SLOT_RESULT, HOLE_END - slots_size, slots_size,
			   error);
	if (!slots)
		return false;
	engine_load_payload(vm, ram);
	arch_install_reset_code(slots + slots_size - KVM_RESULT_SIZE);
	return true;
}

static bool make_irqchip(struct engine_vm *vm, struct engine_error *error)
{
	switch (vm->irqchip) {
	case ENGINE_NO_IRQCHIP:
		break;
	case ENGINE_KERNEL_IRQCHIP:
		return arch_make_irqchip(vm->fd, error);
	case ENGINE_SPLIT_IRQCHIP:
		return arch_make_split_irqchip(vm->fd, error);
	}
	return true;
}

static bool refuse_vcpu(struct engine_vm *vm, unsigned int index, struct engine_error *error)
{
	const char *why = "";

	if (errno == EEXIST)
		why = " (before_vcpus has made it already)";
	else if (errno == EINVAL)
		why = " (a limit that before_vcpus has set with KVM_CAP_MAX_VCPU_ID?)";
	if (vm->vcpu_count == 1)
		return engine_fail_errno(error, "ioctl(KVM_CREATE_VCPU)");
	return engine_fail_errno(error, "ioctl(KVM_CREATE_VCPU) of CPU %u%s", index, why);
}

static bool make_vcpus(struct engine_vm *vm, const struct engine_host *host,
		       struct engine_error *error)
{
	unsigned int i;

	for (i = 0; i < vm->vcpu_count; i++) {
		int fd = engine_ioctl(vm->fd, KVM_CREATE_VCPU, (void *)(uintptr_t)i);

		if (fd < 0)
			return refuse_vcpu(vm, i, error);
		vm->vcpus[i] = engine_new_vcpu(vm, i, fd, host->run_size, error);
		if (!vm->vcpus[i]) {
			close(fd);
			return false;
		}
		if (!arch_setup_vcpu(fd, i, host->cpuid, vm->irqchip != ENGINE_NO_IRQCHIP, error))
			return false;
	}
	return true;
}

static bool make_dirty_ring(struct engine_vm *vm, struct engine_error *error)
{
	const uint64_t bytes = (uint64_t)vm->ring_entries * sizeof(struct kvm_dirty_gfn);
	struct kvm_enable_cap cap = {.cap = KVM_CAP_DIRTY_LOG_RING, .args = {bytes}};
	int largest;

	if (!vm->ring_entries)
		return true;
	largest = engine_ioctl(vm->fd, KVM_CHECK_EXTENSION, (void *)KVM_CAP_DIRTY_LOG_RING);
	if (largest <= 0) {
		cap.cap = KVM_CAP_DIRTY_LOG_RING_ACQ_REL;
		largest = engine_ioctl(vm->fd, KVM_CHECK_EXTENSION, (void *)(uintptr_t)cap.cap);
	}
	if (largest <= 0)
		return engine_fail(error, "this KVM has no dirty rings (KVM_CAP_DIRTY_LOG_RING)");
	if (engine_ioctl(vm->fd, KVM_ENABLE_CAP, &cap) < 0)
		return engine_fail_errno(error,
					 "ioctl(KVM_ENABLE_CAP) refuses a dirty ring of %" PRIu32
					 " entries; it takes a power of two, %zu at most",
					 vm->ring_entries, largest / sizeof(struct kvm_dirty_gfn));
	return true;
}

bool engine_complete(struct engine_vm *vm, const struct engine_config *config,
		     struct engine_error *error)
{
	const struct engine_host *host = engine_host(error);

	return host && arch_setup_vm(vm->fd, low_ram_end(config), config->vcpus, error) &&
	       make_irqchip(vm, error) && make_dirty_ring(vm, error) &&
	       make_memory(vm, config, host, error) && make_vcpus(vm, host, error);
}

bool engine_unlist(struct engine_vm *vm)
{
	struct engine_vcpu *vcpu;
	struct engine_vm **link;
	bool idle = true;
	unsigned int i;

	pthread_mutex_lock(&engine_lock);
	for (i = 0; i < vm->vcpu_count && idle; i++)
		idle = !vm->vcpus[i] || !engine_is_running(vm->vcpus[i]);
	for (vcpu = vm->extra; vcpu && idle; vcpu = vcpu->next_extra)
		idle = !engine_is_running(vcpu);
	for (link = &engine_vms; idle && *link; link = &(*link)->next) {
		if (*link == vm) {
			*link = vm->next;
			break;
		}
	}
	pthread_mutex_unlock(&engine_lock);
	return idle;
}

void engine_release(struct engine_vm *vm)
{
	struct engine_vcpu *vcpu;
	unsigned int i;

	for (i = 0; i < vm->vcpu_count; i++) {
		if (vm->vcpus[i])
			engine_delete_vcpu(vm->vcpus[i]);
	}
	/* The test's own descriptors are the test's to close. */
	while ((vcpu = vm->extra)) {
		vm->extra = vcpu->next_extra;
		engine_forget_vcpu(vcpu);
		vcpu->fd = -1;
		engine_delete_vcpu(vcpu);
	}
	engine_close_count(&vm->shadows);
	engine_forget_vm(vm);
	close(vm->fd);
	for (i = 0; i < vm->slot_count; i++) {
		if (vm->slots[i].owner)
			vm->drop_memory(vm, vm->slots[i].owner, false);
	}
	free(vm->slots);
	pthread_mutex_destroy(&vm->lock);
	free(vm);
}

struct tst_kvm_result *engine_result(struct engine_vm *vm, unsigned int cpu)
{
	return engine_at(vm, KVM_RESULT_BASEADDR - (uint64_t)cpu * KVM_RESULT_SIZE);
}

struct kvm_cpu_control *engine_control(struct engine_vm *vm, unsigned int cpu)
{
	return engine_at(vm, KVM_RESULT_BASEADDR - (uint64_t)cpu * KVM_RESULT_SIZE +
				     KVM_CPU_CONTROL_OFFSET);
}
