// SPDX-License-Identifier: MIT
/* VMX instructions and their errors: SDM Vol. 3 "VMX Instruction Reference". */
#include "kvm_x86_vmx.h"

/* "VM Instruction Error Numbers" */
static const char *const errors[] = {
	[0] = "no error",
	[1] = "VMCALL in VMX root operation",
	[2] = "VMCLEAR of an invalid physical address",
	[3] = "VMCLEAR of the VMXON region",
	[4] = "VMLAUNCH of a VMCS that is not clear",
	[5] = "VMRESUME of a VMCS that was not launched",
	[6] = "VMRESUME after VMXOFF and VMXON",
	[7] = "invalid control field in the VMCS",
	[8] = "invalid host state in the VMCS",
	[9] = "VMPTRLD of an invalid physical address",
	[10] = "VMPTRLD of the VMXON region",
	[11] = "VMPTRLD of a VMCS with another CPU's revision identifier",
	[12] = "the CPU does not have this VMCS field",
	[13] = "VMWRITE to a read-only VMCS field",
	[15] = "VMXON in VMX root operation",
	[16] = "invalid executive-VMCS pointer",
	[17] = "executive VMCS was not launched",
	[18] = "executive-VMCS pointer is not the VMXON pointer",
	[19] = "VMCALL with a VMCS that is not clear",
	[20] = "VMCALL with an invalid exit control field",
	[22] = "VMCALL with a wrong MSEG revision identifier",
	[23] = "VMXOFF under dual-monitor treatment of SMIs and SMM",
	[24] = "VMCALL with an invalid SMM-monitor feature",
	[25] = "invalid execution control field in the executive VMCS",
	[26] = "entry while MOV SS blocks events",
	[28] = "invalid operand of INVEPT or INVVPID",
};

/* Field encodings with this bit stand for the upper half of a 64-bit field. */
#define FIELD_HIGH 1

/*
 * All VMX instructions report through the flags: CF is set if there is no
 * current VMCS to hold an error's number, ZF if there is.
 */

void kvm_vmx_vmclear(struct kvm_vmcs *buf)
{
	uint64_t address = (uintptr_t)buf;
	_Bool failed;

	asm volatile("vmclear %1" : "=@ccbe"(failed) : "m"(address) : "memory");
	if (failed)
		tst_brk(TBROK, "kvm_vmx_vmclear(%p): %s", (void *)buf, kvm_vmx_inst_err());
}

void kvm_vmx_vmptrld(struct kvm_vmcs *buf)
{
	uint64_t address = (uintptr_t)buf;
	_Bool failed;

	asm volatile("vmptrld %1" : "=@ccbe"(failed) : "m"(address) : "memory");
	if (failed)
		tst_brk(TBROK, "kvm_vmx_vmptrld(%p): %s", (void *)buf, kvm_vmx_inst_err());
}

uint64_t kvm_vmx_vmptrst(void)
{
	uint64_t address;

	asm volatile("vmptrst %0" : "=m"(address) : : "cc");
	return address;
}

/* One register's worth of a field. Returns whether the CPU refused. */
static _Bool read_field(unsigned long var_id, unsigned long *value)
{
	_Bool failed;

	asm volatile("vmread %2, %1" : "=@ccbe"(failed), "=r"(*value) : "r"(var_id));
	return failed;
}

static _Bool write_field(unsigned long var_id, unsigned long value)
{
	_Bool failed;

	asm volatile("vmwrite %2, %1" : "=@ccbe"(failed) : "r"(var_id), "r"(value) : "memory");
	return failed;
}

static _Bool has_upper_half(unsigned long var_id)
{
	return sizeof(unsigned long) < sizeof(uint64_t) && !(var_id & FIELD_HIGH) &&
	       (var_id & VMX_VMCSFIELD_SIZE_MASK) == VMX_VMCSFIELD_64BIT;
}

uint64_t kvm_vmx_vmread(unsigned long var_id)
{
	unsigned long low, high = 0;

	if (read_field(var_id, &low) ||
	    (has_upper_half(var_id) && read_field(var_id | FIELD_HIGH, &high)))
		tst_brk(TBROK, "kvm_vmx_vmread(%#lx): %s", var_id, kvm_vmx_inst_err());
	return (uint64_t)high << 32 | low;
}

void kvm_vmx_vmwrite(unsigned long var_id, uint64_t value)
{
	if (write_field(var_id, value) ||
	    (has_upper_half(var_id) && write_field(var_id | FIELD_HIGH, value >> 32))) {
		tst_brk(TBROK, "kvm_vmx_vmwrite(%#lx, %#llx): %s", var_id,
			(unsigned long long)value, kvm_vmx_inst_err());
	}
}

int kvm_vmx_inst_errno(void)
{
	unsigned long number;

	/* Not by kvm_vmx_vmread(), which comes here for its own error. */
	if (read_field(VMX_VMCS_VMINST_ERROR, &number))
		return -1;
	return number;
}

const char *kvm_vmx_inst_strerr(int vmx_errno)
{
	if (vmx_errno < 0)
		return "there is no current VMCS, or its address is invalid";
	if ((unsigned int)vmx_errno >= ARRAY_SIZE(errors) || !errors[vmx_errno])
		return "unknown VMX instruction error";
	return errors[vmx_errno];
}

const char *kvm_vmx_inst_err(void)
{
	return kvm_vmx_inst_strerr(kvm_vmx_inst_errno());
}
