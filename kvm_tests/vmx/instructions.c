// SPDX-License-Identifier: MIT
/*
 * What VMX instructions refuse, and with which error: SDM Vol. 3, chapter "VMX Instruction
 * Reference", and there "Conventions" and "VM Instruction Error Numbers". VMfailInvalid sets
 * CF; VMfailValid sets ZF, and there is a current VMCS to hold the error's number.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86_vmx.h"

#define BIT64(n) (1ull << (n))

/* What an instruction says, beside the numbers of errors. */
#define SUCCEEDS 0
#define FAILS_INVALID (-1)

/* "VM Instruction Error Numbers" */
enum {
	CLEAR_ADDRESS = 2,
	CLEAR_VMXON_REGION = 3,
	LAUNCH_NOT_CLEAR = 4,
	RESUME_NOT_LAUNCHED = 5,
	LOAD_ADDRESS = 9,
	LOAD_VMXON_REGION = 10,
	LOAD_REVISION = 11,
	NO_SUCH_FIELD = 12,
	READ_ONLY_FIELD = 13,
	ALREADY_ON = 15,
	BLOCKED_BY_MOV_SS = 26,
	BAD_INVALIDATION = 28
};

/* Appendix A.6 and A.10: IA32_VMX_MISC, IA32_VMX_EPT_VPID_CAP. */
#define MISC_WRITES_ALL_FIELDS BIT64(29)
#define CAP_INVEPT BIT64(20)
#define CAP_INVEPT_SINGLE BIT64(25)
#define CAP_INVEPT_ALL BIT64(26)
#define CAP_INVVPID BIT64(32)
#define CAP_INVVPID_ADDRESS BIT64(40)
#define CAP_INVVPID_SINGLE BIT64(41)
#define CAP_INVVPID_ALL BIT64(42)
#define CAP_INVVPID_SINGLE_GLOBALS BIT64(43)

/* A legal EPT pointer; whether there are tables is of no importance. */
#define EPT_POINTER (0x100000 | EPTP_MEMORY_TYPE_WB | EPTP_PAGE_WALK_4)

/* Of the fields' encodings, index 511 is none of any width or type. */
#define FIELD_UNKNOWN 0x23fe

#define NO_SUCH_TYPE 31

struct descriptor {
	uint64_t first, second;
};

static struct kvm_vmcs *vmxon_region;

static int outcome(_Bool invalid, _Bool valid)
{
	if (invalid)
		return FAILS_INVALID;
	return valid ? kvm_vmx_inst_errno() : SUCCEEDS;
}

#define ADDRESS_INSTRUCTION(name)                               \
	static int name(uint64_t address)                       \
	{                                                       \
		_Bool invalid, valid;                           \
                                                                \
		asm volatile(#name " %2"                        \
			     : "=@ccc"(invalid), "=@ccz"(valid) \
			     : "m"(address)                     \
			     : "memory");                       \
		return outcome(invalid, valid);                 \
	}

ADDRESS_INSTRUCTION(vmxon)
ADDRESS_INSTRUCTION(vmclear)
ADDRESS_INSTRUCTION(vmptrld)

#define INVALIDATION(name)                                                   \
	static int name(unsigned long type, uint64_t first, uint64_t second) \
	{                                                                    \
		const struct descriptor descriptor = {first, second};        \
		_Bool invalid, valid;                                        \
                                                                             \
		asm volatile(#name " %2, %3"                                 \
			     : "=@ccc"(invalid), "=@ccz"(valid)              \
			     : "m"(descriptor), "r"(type)                    \
			     : "memory");                                    \
		return outcome(invalid, valid);                              \
	}

INVALIDATION(invept)
INVALIDATION(invvpid)

static int vmread(unsigned long field)
{
	unsigned long value;
	_Bool invalid, valid;

	asm volatile("vmread %3, %2" : "=@ccc"(invalid), "=@ccz"(valid), "=r"(value) : "r"(field));
	return outcome(invalid, valid);
}

static int vmwrite(unsigned long field)
{
	_Bool invalid, valid;

	asm volatile("vmwrite %3, %2"
		     : "=@ccc"(invalid), "=@ccz"(valid)
		     : "r"(field), "r"(0ul)
		     : "memory");
	return outcome(invalid, valid);
}

/* For entries that are refused: one that isn't would end up nowhere. */
static int vmlaunch(void)
{
	_Bool invalid, valid;

	asm volatile("vmlaunch" : "=@ccc"(invalid), "=@ccz"(valid) : : "memory");
	return outcome(invalid, valid);
}

static int vmresume(void)
{
	_Bool invalid, valid;

	asm volatile("vmresume" : "=@ccc"(invalid), "=@ccz"(valid) : : "memory");
	return outcome(invalid, valid);
}

/* The instruction behind a MOV to SS; 27.1, "Basic VM-Entry Checks". */
static int vmlaunch_behind_mov_ss(void)
{
	_Bool invalid, valid;
	unsigned short ss;

	asm volatile("mov %%ss, %0" : "=r"(ss));
	asm volatile("mov %2, %%ss\n\t"
		     "vmlaunch"
		     : "=@ccc"(invalid), "=@ccz"(valid)
		     : "r"(ss)
		     : "memory");
	return outcome(invalid, valid);
}

static void expect(const char *what, int actual, int expected)
{
	if (actual == expected)
		tst_res(TPASS, "%s: %s", what,
			actual > 0 ? kvm_vmx_inst_strerr(actual)
			: actual   ? "VMfailInvalid"
				   : "succeeds");
	else
		tst_res(TFAIL, "%s: %d, expected %d (0: success, -1: VMfailInvalid)", what, actual,
			expected);
}

static uint64_t address_of(const struct kvm_vmcs *vmcs)
{
	return (uintptr_t)vmcs;
}

/* A region of another revision, or with the indicator of shadow VMCSs. */
static uint64_t other_region(uint32_t flipped)
{
	struct kvm_vmcs *vmcs = kvm_alloc_vmcs();

	vmcs->version ^= flipped;
	return address_of(vmcs);
}

/* CPUID 8000_0008H EAX[7:0]: how many bits a physical address has. */
static uint64_t physical_end(void)
{
	struct kvm_cpuid cpuid;

	kvm_get_cpuid(CPUID_GET_ADDRESS_SIZES, 0, &cpuid);
	return BIT64(cpuid.eax & 0xff);
}

static int guest_main(void)
{
	return 0;
}

/* --- Outside VMX operation, and into it ------------------------------------------- */

/* CR0, CR4 and IA32_FEATURE_CONTROL are as VMXON wants them; the region is ours. */
static void prepare(void)
{
	struct kvm_cregs cregs;

	kvm_set_vmx_state(1);
	kvm_read_cregs(&cregs);
	kvm_set_vmx_state(0);
	kvm_set_cr4(cregs.cr4);
	vmxon_region = kvm_alloc_vmcs();
}

static void execute_vmclear(void *arg)
{
	vmclear(address_of(arg));
}

static void execute_vmxon(void *arg)
{
	vmxon(address_of(arg));
}

static void expect_fault(const char *what, struct kvm_fault fault, int vector)
{
	if (fault.vector == vector)
		tst_res(TPASS, "%s: exception %d", what, vector);
	else
		tst_res(TFAIL, "%s: exception %d, expected %d (-1: none)", what, fault.vector,
			vector);
}

static void check_vmxon(void)
{
	struct kvm_cregs cregs;

	expect_fault("VMCLEAR outside VMX operation", kvm_try(execute_vmclear, kvm_alloc_vmcs()),
		     INTR_BAD_OPCODE);
	kvm_read_cregs(&cregs);
	kvm_set_cr4(cregs.cr4 & ~(unsigned long)CR4_VMXE);
	expect_fault("VMXON without CR4.VMXE", kvm_try(execute_vmxon, vmxon_region),
		     INTR_BAD_OPCODE);
	kvm_set_cr4(cregs.cr4);
	kvm_set_cr0(cregs.cr0 & ~(unsigned long)CR0_NE);
	expect_fault("VMXON without CR0.NE", kvm_try(execute_vmxon, vmxon_region), INTR_GPF);
	kvm_set_cr0(cregs.cr0);

	expect("VMXON, unaligned", vmxon(address_of(vmxon_region) + 8), FAILS_INVALID);
	expect("VMXON beyond all memory", vmxon(physical_end()), FAILS_INVALID);
	expect("VMXON of another revision", vmxon(other_region(1)), FAILS_INVALID);
	expect("VMXON", vmxon(address_of(vmxon_region)), SUCCEEDS);
	expect("VMXON again, without a VMCS", vmxon(address_of(vmxon_region)), FAILS_INVALID);
}

/* --- Without a current VMCS, and with one ------------------------------------------ */

static void check_without_vmcs(void)
{
	expect("VMREAD without a VMCS", vmread(VMX_VMCS_GUEST_CR0), FAILS_INVALID);
	expect("VMWRITE without a VMCS", vmwrite(VMX_VMCS_GUEST_CR0), FAILS_INVALID);
	expect("VMLAUNCH without a VMCS", vmlaunch(), FAILS_INVALID);
	expect("VMRESUME without a VMCS", vmresume(), FAILS_INVALID);
	expect("VMPTRLD, unaligned, without a VMCS", vmptrld(address_of(vmxon_region) + 8),
	       FAILS_INVALID);
	expect("VMCLEAR, unaligned, without a VMCS", vmclear(address_of(vmxon_region) + 8),
	       FAILS_INVALID);
}

static void check_pointers(void)
{
	const uint64_t current = kvm_vmx_vmptrst(), other = address_of(kvm_alloc_vmcs());
	const _Bool has_shadows =
		kvm_vmx_read_vmctl_mask(VMX_CTLMASK_EXECCTL2) >> 32 & VMX_EXECCTL2_SHADOW_VMCS;

	expect("VMXON again", vmxon(address_of(vmxon_region)), ALREADY_ON);
	expect("VMCLEAR, unaligned", vmclear(other + 8), CLEAR_ADDRESS);
	expect("VMCLEAR beyond all memory", vmclear(physical_end()), CLEAR_ADDRESS);
	expect("VMCLEAR of the VMXON region", vmclear(address_of(vmxon_region)),
	       CLEAR_VMXON_REGION);
	expect("VMCLEAR", vmclear(other), SUCCEEDS);
	expect("VMPTRLD, unaligned", vmptrld(other + 8), LOAD_ADDRESS);
	expect("VMPTRLD beyond all memory", vmptrld(physical_end()), LOAD_ADDRESS);
	expect("VMPTRLD of the VMXON region", vmptrld(address_of(vmxon_region)), LOAD_VMXON_REGION);
	expect("VMPTRLD of another revision", vmptrld(other_region(1)), LOAD_REVISION);
	if (!has_shadows)
		expect("VMPTRLD of a shadow VMCS", vmptrld(other_region(VMX_SHADOW_VMCS)),
		       LOAD_REVISION);
	if (kvm_vmx_vmptrst() == current)
		tst_res(TPASS, "what is refused leaves the current VMCS");
	else
		tst_res(TFAIL, "the current VMCS is %#llx after refusals, and was %#llx",
			(unsigned long long)kvm_vmx_vmptrst(), (unsigned long long)current);
}

static void check_fields(void)
{
	const _Bool writes_all = kvm_rdmsr(MSR_IA32_VMX_MISC) & MISC_WRITES_ALL_FIELDS;

	expect("VMREAD of no field", vmread(FIELD_UNKNOWN), NO_SUCH_FIELD);
	expect("VMWRITE of no field", vmwrite(FIELD_UNKNOWN), NO_SUCH_FIELD);
	expect("VMREAD", vmread(VMX_VMCS_GUEST_CR0), SUCCEEDS);
	expect("VMWRITE of an exit's field", vmwrite(VMX_VMCS_EXIT_REASON),
	       writes_all ? SUCCEEDS : READ_ONLY_FIELD);
}

static void check_launch_state(struct kvm_vmx_vcpu *vm)
{
	expect("VMRESUME of a clear VMCS", vmresume(), RESUME_NOT_LAUNCHED);
	expect("VMLAUNCH behind MOV SS", vmlaunch_behind_mov_ss(), BLOCKED_BY_MOV_SS);
	kvm_vmx_vmrun(vm);
	expect("VMLAUNCH of a launched VMCS", vmlaunch(), LAUNCH_NOT_CLEAR);
	expect("VMCLEAR of the current VMCS", vmclear(address_of(vm->vmcs)), SUCCEEDS);
	expect("VMLAUNCH behind it", vmlaunch(), FAILS_INVALID);
	kvm_vmx_vmptrld(vm->vmcs);
	expect("VMRESUME of a VMCS that was cleared", vmresume(), RESUME_NOT_LAUNCHED);
}

/* --- INVEPT and INVVPID -------------------------------------------------------------- */

static uint64_t invalidations(void)
{
	const uint64_t exec2 = kvm_vmx_read_vmctl_mask(VMX_CTLMASK_EXECCTL2) >> 32;
	uint64_t cap;

	if (!(exec2 & (VMX_EXECCTL2_EPT | VMX_EXECCTL2_VPID)))
		return 0;
	cap = kvm_rdmsr(MSR_IA32_VMX_EPT_VPID_CAP);
	if (!(exec2 & VMX_EXECCTL2_EPT))
		cap &= ~CAP_INVEPT;
	return exec2 & VMX_EXECCTL2_VPID ? cap : cap & ~CAP_INVVPID;
}

static void check_invalidations(void)
{
	const uint64_t cap = invalidations();

	if (cap & CAP_INVEPT) {
		expect("INVEPT of no type", invept(NO_SUCH_TYPE, 0, 0), BAD_INVALIDATION);
		expect("INVEPT of type 0", invept(0, 0, 0), BAD_INVALIDATION);
		if (cap & CAP_INVEPT_SINGLE) {
			expect("INVEPT of an illegal EPT pointer", invept(1, 7, 0),
			       BAD_INVALIDATION);
			expect("INVEPT of an EPT pointer", invept(1, EPT_POINTER, 0), SUCCEEDS);
		}
		if (cap & CAP_INVEPT_ALL)
			expect("INVEPT of all", invept(2, 0, 0), SUCCEEDS);
	}
	if (!(cap & CAP_INVVPID))
		return;
	expect("INVVPID of no type", invvpid(NO_SUCH_TYPE, 1, 0), BAD_INVALIDATION);
	if (cap & CAP_INVVPID_SINGLE) {
		expect("INVVPID of VPID 0", invvpid(1, 0, 0), BAD_INVALIDATION);
		expect("INVVPID, bits 63:16", invvpid(1, 0x10001, 0), BAD_INVALIDATION);
		expect("INVVPID", invvpid(1, 1, 0), SUCCEEDS);
	}
	if (cap & CAP_INVVPID_ADDRESS) {
		expect("INVVPID of an address that is not canonical", invvpid(0, 1, BIT64(62)),
		       BAD_INVALIDATION);
		expect("INVVPID of an address, VPID 0", invvpid(0, 0, 0x1000), BAD_INVALIDATION);
		expect("INVVPID of an address", invvpid(0, 1, 0x1000), SUCCEEDS);
	}
	if (cap & CAP_INVVPID_ALL)
		expect("INVVPID of all", invvpid(2, 0, 0), SUCCEEDS);
	if (cap & CAP_INVVPID_SINGLE_GLOBALS) {
		expect("INVVPID of VPID 0, but global pages", invvpid(3, 0, 0), BAD_INVALIDATION);
		expect("INVVPID of all but global pages", invvpid(3, 1, 0), SUCCEEDS);
	}
}

void main(void)
{
	struct kvm_vmx_vcpu *vm;

	prepare();
	check_vmxon();
	check_without_vmcs();
	vm = kvm_create_vmx_vcpu(guest_main, 1);
	kvm_vmx_activate_vcpu(vm);
	check_pointers();
	check_fields();
	check_invalidations();
	check_launch_state(vm);
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
