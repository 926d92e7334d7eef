/* SPDX-License-Identifier: MIT */
/*
 * Payloads with an input: what kvm_fuzz_test() feeds them, and the tests that it
 * writes. docs/fuzzing.md is the guide.
 */
#ifndef RINGSIDE_HOST_FUZZ_H
#define RINGSIDE_HOST_FUZZ_H

#include "kvm_test.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What a fuzz test's machine is, if it is not one with all defaults: the controller's
 * source defines
 *
 *	const struct tst_kvm_fuzz tst_kvm_fuzz = {.setup = handle_exits};
 */
struct tst_kvm_fuzz {
	struct tst_kvm_config config;
	/* Called when the machine is made, for handlers and memory; or NULL. */
	void (*setup)(struct tst_kvm_instance *inst);
	/*
	 * Called before the guest gets each input, at its tst_input(), where the machine has
	 * its snapshot; or NULL.
	 */
	void (*before)(struct tst_kvm_instance *inst, const void *input, size_t size);
};

extern const struct tst_kvm_fuzz tst_kvm_fuzz;

/*
 * Sets what the payload's tst_input() returns: @size bytes, KVM_INPUT_SIZE at most, of
 * which the machine gets a copy. Called before the guest is run, or at the exit at
 * which it asks for an input that it has not got yet.
 */
void tst_kvm_set_input(struct tst_kvm_instance *inst, const void *input, size_t size);

/*
 * Makes a fuzz test's machine and runs its payload on one input. A payload that ends
 * without a result passes.
 */
void tst_kvm_run_input(const void *input, size_t size);

/*
 * Parts of that, for a loop around it: makes the machine as tst_kvm_fuzz says, and runs it
 * to where it asks for an input, which the test breaks if it does not do; false if it has
 * ended with a result of its own. And gives it an input there.
 */
bool tst_kvm_fuzz_create(struct tst_kvm_instance *inst);
void tst_kvm_fuzz_give(struct tst_kvm_instance *inst, const void *input, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* RINGSIDE_HOST_FUZZ_H */
