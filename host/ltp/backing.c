// SPDX-License-Identifier: MIT
#include "host/ltp/backing.h"

#include <inttypes.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "host/engine/newer_kvm.h"
#include "host/ltp/buffers.h"
#include "host/ltp/report.h"

/* Before tst_backing_discard(), it stays until tst_free_all(). */
static void drop_guarded(struct engine_vm *vm, const void *owner, bool unused)
{
	(void)vm;
	if (unused)
		tst_buffer_end_with_pins(owner);
	tst_buffer_unpin(owner);
}

static void discard_guarded(struct engine_vm *vm, const void *owner, bool unused)
{
	(void)unused;
	drop_guarded(vm, owner, true);
}

/* False with errno, which is about mmap(), for a @host that is NULL. */
static bool keep(void *host, struct engine_memory *memory)
{
	if (!host)
		return false;
	tst_buffer_pin(host);
	memory->host = host;
	memory->owner = host;
	return true;
}

static bool take_anonymous(struct engine_vm *vm, uint64_t size, bool is_ram,
			   struct engine_memory *memory, struct engine_error *error)
{
	(void)vm;
	return keep(tst_buffer_pages(size), memory) ||
	       engine_fail_errno(error, "no memory for the %#" PRIx64 " bytes of slot %u", size,
				 is_ram ? ENGINE_SLOT_RAM : ENGINE_SLOT_RESULT);
}

/* What is not RAM is anonymous in any case. */
static bool take_shared(struct engine_vm *vm, uint64_t size, bool is_ram,
			struct engine_memory *memory, struct engine_error *error)
{
	bool ok;
	int fd, err;

	if (!is_ram)
		return take_anonymous(vm, size, is_ram, memory, error);
	fd = engine_memfd(0, size);
	if (fd < 0)
		return engine_fail_errno(error, "memfd_create() of %#" PRIx64 " bytes", size);
	ok = keep(tst_buffer_of_file(fd, size, sysconf(_SC_PAGESIZE)), memory);
	err = errno;
	close(fd);
	errno = err;
	return ok || engine_fail_errno(error, "mmap() of a memfd of %#" PRIx64 " bytes", size);
}

static bool take_huge(struct engine_vm *vm, uint64_t size, bool is_ram,
		      struct engine_memory *memory, struct engine_error *error)
{
	struct stat known = {0};
	uint64_t page;
	bool ok;
	int fd;

	if (!is_ram)
		return take_anonymous(vm, size, is_ram, memory, error);
	fd = engine_memfd(MFD_HUGETLB, 0);
	if (fd < 0)
		return engine_unsupported(
			error,
			"this kernel has no huge pages: memfd_create(MFD_HUGETLB) "
			"says %s; use one with CONFIG_HUGETLBFS",
			strerrorname_np(errno));
	if (fstat(fd, &known) < 0 || known.st_blksize <= 0) {
		engine_fail_errno(error, "fstat() of a memfd of huge pages");
		close(fd);
		return false;
	}
	page = known.st_blksize;
	ok = keep(ftruncate(fd, (off_t)((size + page - 1) / page * page)) == 0
			  ? tst_buffer_of_file(fd, size, page)
			  : NULL,
		  memory);
	close(fd);
	return ok || engine_unsupported(
			     error,
			     "RAM of %#" PRIx64 " bytes needs %" PRIu64 " huge pages of %" PRIu64
			     " KiB, and this host has fewer free ones; reserve them with "
			     "\"sysctl vm.nr_hugepages=%" PRIu64 "\" as root",
			     size, (size + page - 1) / page, page / 1024, (size + page - 1) / page);
}

static bool take_guest_memfd(struct engine_vm *vm, uint64_t size, bool is_ram,
			     struct engine_memory *memory, struct engine_error *error)
{
	struct kvm_create_guest_memfd create = {
		.size = size,
		.flags = GUEST_MEMFD_FLAG_MMAP | GUEST_MEMFD_FLAG_INIT_SHARED,
	};
	int flags, fd;

	if (!is_ram)
		return take_anonymous(vm, size, is_ram, memory, error);
	flags = engine_ioctl(vm->fd, KVM_CHECK_EXTENSION, (void *)KVM_CAP_GUEST_MEMFD_FLAGS);
	if (flags < 0 || (flags & create.flags) != create.flags)
		return engine_unsupported(
			error,
			"this KVM has no guest_memfd that the host can map for an ordinary machine "
			"(KVM_CAP_GUEST_MEMFD_FLAGS answers %d); Linux 6.18 has",
			flags);
	fd = engine_ioctl(vm->fd, KVM_CREATE_GUEST_MEMFD, &create);
	if (fd < 0)
		return engine_fail_errno(
			error, "ioctl(KVM_CREATE_GUEST_MEMFD) of %#" PRIx64 " bytes", size);
	if (keep(tst_buffer_of_file(fd, size, sysconf(_SC_PAGESIZE)), memory)) {
		memory->guest_memfd = fd;
		/* Its mapping would keep the virtual machine, which is to be gone. */
		tst_buffer_end_with_pins(memory->owner);
		return true;
	}
	engine_fail_errno(error, "mmap() of a guest_memfd of %#" PRIx64 " bytes", size);
	close(fd);
	return false;
}

void tst_backing_choose(struct engine_config *config, enum tst_kvm_backing backing,
			const char *func)
{
	config->drop_memory = drop_guarded;
	switch (backing) {
	case TST_KVM_ANONYMOUS:
		config->take_memory = take_anonymous;
		return;
	case TST_KVM_SHARED:
		config->take_memory = take_shared;
		return;
	case TST_KVM_HUGETLB:
		config->take_memory = take_huge;
		return;
	case TST_KVM_GUEST_MEMFD:
		config->take_memory = take_guest_memfd;
		return;
	}
	lib_brk(TBROK, "%s(): config.backing is %u, which is no enum tst_kvm_backing", func,
		backing);
}

void tst_backing_discard(struct engine_vm *vm)
{
	vm->drop_memory = discard_guarded;
}
