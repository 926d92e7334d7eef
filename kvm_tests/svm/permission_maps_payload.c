// SPDX-License-Identifier: MIT
/* A nested guest at a port or an MSR, one a case: permission_maps.h. */
#include "guest_case.h"
#include "kvm_x86_svm.h"
#include "permission_maps.h"

#define IO_MAP_SIZE 0x3000
#define MSR_MAP_SIZE 0x2000
#define IO_FLAGS (IO_IN | IO_STRING | IO_REP | IO_8 | IO_16 | IO_32)

/* Where the map has an MSR's two bits: "MSR Ranges Covered by MSRPM". */
#define MAP_BIT(msr) \
	(2u * ((msr) & 0x1fff) + ((msr) < 0xc0000000 ? 0 : (msr) < 0xc0010000 ? 0x4000 : 0x8000))
#define READ_BIT(msr) MAP_BIT(msr)
#define WRITE_BIT(msr) (MAP_BIT(msr) + 1)

static volatile unsigned int step;
static char text[2];

static void out_string(uint16_t port)
{
	uintptr_t si = (uintptr_t)text, count = sizeof(text);

	asm volatile("rep outsb" : "+S"(si), "+c"(count) : "d"(port) : "memory");
}

static void in_string(uint16_t port)
{
	uintptr_t di = (uintptr_t)text, count = sizeof(text);

	asm volatile("rep insb" : "+D"(di), "+c"(count) : "d"(port) : "memory");
}

static uint8_t *new_map(size_t size)
{
	return memzero(tst_heap_alloc_aligned(size, PAGESIZE), size);
}

static uint8_t *io_map, *msr_map;

/* A guest with both maps empty, and both intercepts on. */
static struct kvm_svm_vcpu *new_guest(int (*guest_main)(void))
{
	struct kvm_svm_vcpu *vm;

	kvm_init_svm();
	vm = kvm_create_svm_vcpu(guest_main, 1);
	io_map = new_map(IO_MAP_SIZE);
	msr_map = new_map(MSR_MAP_SIZE);
	/* "The lower 12 bits … are ignored". */
	vm->vmcb->iopm_base_addr = (uintptr_t)io_map | 0x123;
	vm->vmcb->msrpm_base_addr = (uintptr_t)msr_map | 0xabc;
	kvm_vmcb_set_intercept(vm->vmcb, SVM_INTERCEPT_IOIO, 1);
	kvm_vmcb_set_intercept(vm->vmcb, SVM_INTERCEPT_MSR, 1);
	step = 0;
	return vm;
}

static void set_bit(uint8_t *map, unsigned int bit)
{
	map[bit / 8] |= 1 << bit % 8;
}

static _Bool stopped(const char *name, const struct kvm_svm_vcpu *vm, uint64_t exitcode)
{
	const unsigned int expected_step = exitcode == SVM_EXIT_HLT ? 2 : 1;

	if (vm->vmcb->exitcode == exitcode && step == expected_step)
		return 1;
	tst_res(TFAIL, "%s: exit code %#llx at step %u, expected %#llx at step %u", name,
		(unsigned long long)vm->vmcb->exitcode, step, (unsigned long long)exitcode,
		expected_step);
	return 0;
}

static void check_io(const char *name, int (*guest_main)(void), unsigned int bit, uint16_t port,
		     unsigned int flags)
{
	struct kvm_svm_vcpu *vm = new_guest(guest_main);
	const uint64_t expected = (uint64_t)port << 16 | flags;

	set_bit(io_map, bit);
	kvm_svm_vmrun(vm);
	if (!stopped(name, vm, flags ? SVM_EXIT_IOIO : SVM_EXIT_HLT))
		return;
	if (flags && (vm->vmcb->exitinfo1 & (0xffff0000 | IO_FLAGS)) != expected) {
		tst_res(TFAIL, "%s: EXITINFO1 is %#llx, expected %#llx in what was compared", name,
			(unsigned long long)vm->vmcb->exitinfo1, (unsigned long long)expected);
	} else if (flags && (vm->vmcb->exitinfo2 <= vm->vmcb->rip ||
			     vm->vmcb->exitinfo2 > vm->vmcb->rip + 15)) {
		tst_res(TFAIL, "%s: EXITINFO2 is %#llx, which is not right behind RIP, %#llx", name,
			(unsigned long long)vm->vmcb->exitinfo2, (unsigned long long)vm->vmcb->rip);
	} else {
		tst_res(TPASS, "%s: %s", name, flags ? "stops the guest" : "passes");
	}
}

static void check_msr(const char *name, int (*guest_main)(void), unsigned int bit, _Bool stops,
		      _Bool write)
{
	struct kvm_svm_vcpu *vm = new_guest(guest_main);

	set_bit(msr_map, bit);
	vm->vmcb->exitinfo1 = 0x5a;
	kvm_svm_vmrun(vm);
	if (!stopped(name, vm, stops ? SVM_EXIT_MSR : SVM_EXIT_HLT))
		return;
	if (stops && vm->vmcb->exitinfo1 != write)
		tst_res(TFAIL, "%s: EXITINFO1 is %#llx, expected %u", name,
			(unsigned long long)vm->vmcb->exitinfo1, write);
	else
		tst_res(TPASS, "%s: %s", name, stops ? "stops the guest" : "passes");
}

#define GUEST_MAIN(name, statement)   \
	static int guest_##name(void) \
	{                             \
		step = 1;             \
		statement;            \
		step = 2;             \
		return 0;             \
	}
#define IO(name, bit, port, statement, flags)                    \
	GUEST_MAIN(name, statement)                              \
	GUEST_CASE(name)                                         \
	{                                                        \
		check_io(#name, guest_##name, bit, port, flags); \
	}
#define ACCESS(name, bit, statement, stops, write)                 \
	GUEST_MAIN(name, statement)                                \
	GUEST_CASE(name)                                           \
	{                                                          \
		check_msr(#name, guest_##name, bit, stops, write); \
	}

IO_CASES(IO)
MSR_CASES(ACCESS)

GUEST_MAIN(IoInterceptOff, kvm_out8(0x80, 1))
GUEST_MAIN(MsrInterceptOff, kvm_rdmsr(MSR_STAR))

static void check_off(const char *name, int (*guest_main)(void), unsigned int intercept)
{
	struct kvm_svm_vcpu *vm = new_guest(guest_main);

	memset(io_map, 0xff, IO_MAP_SIZE);
	memset(msr_map, 0xff, MSR_MAP_SIZE);
	kvm_vmcb_set_intercept(vm->vmcb, intercept, 0);
	kvm_svm_vmrun(vm);
	if (stopped(name, vm, SVM_EXIT_HLT))
		tst_res(TPASS, "%s: the map means nothing", name);
}

GUEST_CASE(IoInterceptOff)
{
	check_off(__func__, guest_IoInterceptOff, SVM_INTERCEPT_IOIO);
}

GUEST_CASE(MsrInterceptOff)
{
	check_off(__func__, guest_MsrInterceptOff, SVM_INTERCEPT_MSR);
}
