/* SPDX-License-Identifier: MIT */
/* Where the memory of virtual machines comes from: enum tst_kvm_backing. */
#ifndef RINGSIDE_HOST_LTP_BACKING_H
#define RINGSIDE_HOST_LTP_BACKING_H

#include "host/engine/engine.h"
#include "kvm_test.h"

/* Fills in how @config takes and drops memory. @func: for what is refused. */
void tst_backing_choose(struct engine_config *config, enum tst_kvm_backing backing,
			const char *func);

/* A creation has failed: nobody has seen the memory of @vm, and it goes with the machine. */
void tst_backing_discard(struct engine_vm *vm);

#endif /* RINGSIDE_HOST_LTP_BACKING_H */
