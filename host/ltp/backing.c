// SPDX-License-Identifier: MIT
#include "host/ltp/backing.h"

#include "host/ltp/buffers.h"
#include "host/ltp/report.h"

static void *take_guarded(struct engine_vm *vm, uint64_t size, const void **owner)
{
	void *buffer = tst_buffer_pages(size);

	(void)vm;
	if (buffer)
		tst_buffer_pin(buffer);
	*owner = buffer;
	return buffer;
}

static void drop_guarded(struct engine_vm *vm, const void *owner, bool unused)
{
	(void)vm;
	tst_buffer_unpin(owner);
	if (unused)
		tst_buffer_free(owner);
}

static void discard_guarded(struct engine_vm *vm, const void *owner, bool unused)
{
	(void)unused;
	drop_guarded(vm, owner, true);
}

void tst_backing_choose(struct engine_config *config, enum tst_kvm_backing backing,
			const char *func)
{
	if (backing != TST_KVM_ANONYMOUS)
		lib_brk(TBROK, "%s(): config.backing is %u, which is no enum tst_kvm_backing", func,
			backing);
	config->take_memory = take_guarded;
	config->drop_memory = drop_guarded;
}

void tst_backing_discard(struct engine_vm *vm)
{
	vm->drop_memory = discard_guarded;
}
