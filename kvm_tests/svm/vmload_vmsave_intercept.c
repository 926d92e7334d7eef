// SPDX-License-Identifier: MIT
/*
 * VMLOAD and VMSAVE in a nested guest have to work on the memory of the guest,
 * not of the host: CVE-2021-3656.
 *
 * Both instructions take a physical address. If a hypervisor in a guest does
 * not intercept them, its nested guest's address is one of the guest, which
 * the CPU translates only with virtual VMLOAD/VMSAVE enabled; so KVM must
 * intercept them itself. It merged its own intercepts with the hypervisor's,
 * but had given up its own where virtual VMLOAD/VMSAVE was in use for the
 * guest, and did not enable that for the nested guest: the instructions then
 * read and wrote the host's physical memory. Fixed by c7dfa4009965.
 *
 * On a vulnerable kernel, the nested guest gets other values than the payload put
 * into the page that it loads. Its VMSAVE would damage the host, so that is tried
 * only if VMLOAD is right. Where KVM's own intercepts replaced the hypervisor's, no
 * exit would reach the payload that asks for it.
 *
 * A KVM that never intercepts them fails on any CPU; one with that very bug on a CPU
 * with virtual VMLOAD/VMSAVE, which virtual_vmload_intercept requires.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86_svm.h"

/* The canonical addresses differ from anything that the payload uses. */
#define LOADED_LSTAR 0x0000123456789ab0ULL
#define LOADED_SYSENTER_EIP 0x00345670ULL
#define SAVED_LSTAR 0x00000fedcba98760ULL
#define SAVED_SYSENTER_EIP 0x00765430ULL

/* The page that the nested guest's instructions work on. */
static struct kvm_vmcb *area;
static uint64_t found_lstar, found_sysenter_eip;

static int guest_vmload(void)
{
	kvm_svm_vmload(area);
	found_lstar = kvm_rdmsr(MSR_LSTAR);
	found_sysenter_eip = kvm_rdmsr(MSR_SYSENTER_EIP);
	return 0;
}

static int guest_vmsave(void)
{
	kvm_wrmsr(MSR_LSTAR, SAVED_LSTAR);
	kvm_wrmsr(MSR_SYSENTER_EIP, SAVED_SYSENTER_EIP);
	kvm_svm_vmsave(area);
	return 0;
}

static struct kvm_vmcb *run(int (*guest_main)(void), unsigned int intercept)
{
	struct kvm_svm_vcpu *vm = kvm_create_svm_vcpu(guest_main, 1);

	kvm_vmcb_set_intercept(vm->vmcb, SVM_INTERCEPT_VMLOAD, intercept);
	kvm_vmcb_set_intercept(vm->vmcb, SVM_INTERCEPT_VMSAVE, intercept);
	kvm_svm_vmrun(vm);
	return vm->vmcb;
}

static int came_to_its_end(const char *name, const struct kvm_vmcb *vmcb)
{
	if (vmcb->exitcode == SVM_EXIT_HLT)
		return 1;
	tst_res(TFAIL, "%s, not intercepted, stopped the nested guest with exit code %#llx", name,
		(unsigned long long)vmcb->exitcode);
	return 0;
}

/* Returns whether VMLOAD reads the guest's memory. */
static int check_vmload(void)
{
	/* All that VMLOAD loads: the CPU's state, but for two registers. */
	kvm_svm_vmsave(area);
	area->lstar = LOADED_LSTAR;
	area->sysenter_eip = LOADED_SYSENTER_EIP;
	if (!came_to_its_end("VMLOAD", run(guest_vmload, 0)))
		return 0;
	if (found_lstar != LOADED_LSTAR || found_sysenter_eip != LOADED_SYSENTER_EIP) {
		tst_res(TFAIL,
			"The nested guest's VMLOAD did not read the guest's memory: "
			"LSTAR %#llx and SYSENTER_EIP %#llx, expected %#llx and %#llx",
			(unsigned long long)found_lstar, (unsigned long long)found_sysenter_eip,
			LOADED_LSTAR, LOADED_SYSENTER_EIP);
		return 0;
	}
	tst_res(TPASS, "The nested guest's VMLOAD reads the guest's memory");
	return 1;
}

static void check_vmsave(void)
{
	memzero(area, sizeof(*area));
	if (!came_to_its_end("VMSAVE", run(guest_vmsave, 0)))
		return;
	if (area->lstar == SAVED_LSTAR && area->sysenter_eip == SAVED_SYSENTER_EIP) {
		tst_res(TPASS, "The nested guest's VMSAVE writes the guest's memory");
	} else {
		tst_res(TFAIL,
			"The nested guest's VMSAVE did not write the guest's memory: "
			"LSTAR %#llx and SYSENTER_EIP %#llx, expected %#llx and %#llx",
			(unsigned long long)area->lstar, (unsigned long long)area->sysenter_eip,
			SAVED_LSTAR, SAVED_SYSENTER_EIP);
	}
}

static void check_intercept(const char *name, int (*guest_main)(void), uint64_t exitcode)
{
	const struct kvm_vmcb *vmcb = run(guest_main, 1);

	if (vmcb->exitcode == exitcode) {
		tst_res(TPASS, "%s, intercepted, stops the nested guest", name);
	} else {
		tst_res(TFAIL, "%s, intercepted, led to exit code %#llx, not %#llx", name,
			(unsigned long long)vmcb->exitcode, (unsigned long long)exitcode);
	}
}

void main(void)
{
	kvm_init_svm();
	area = kvm_alloc_vmcb();
	check_intercept("VMLOAD", guest_vmload, SVM_EXIT_VMLOAD);
	check_intercept("VMSAVE", guest_vmsave, SVM_EXIT_VMSAVE);
	if (check_vmload())
		check_vmsave();
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
	.supported_archs = (const char *const[]){"x86_64", NULL},
	.tags =
		(const struct tst_tag[]){
			{"linux-git", "c7dfa4009965"},
			{"CVE", "2021-3656"},
			{},
		},
};

#endif /* COMPILE_PAYLOAD */
