/* SPDX-License-Identifier: MIT */
/*
 * Which ports and MSRs stop a nested guest: APM Vol. 2, "IOIO Intercepts" and "MSR
 * Intercepts".
 */
#ifndef RINGSIDE_KVM_TESTS_SVM_PERMISSION_MAPS_H
#define RINGSIDE_KVM_TESTS_SVM_PERMISSION_MAPS_H

/* EXITINFO1 of an IOIO intercept, beside the port in its upper half. */
#define IO_IN (1 << 0)
#define IO_STRING (1 << 2)
#define IO_REP (1 << 3)
#define IO_8 (1 << 4)
#define IO_16 (1 << 5)
#define IO_32 (1 << 6)

/*
 * With the map's bit for one port set, the guest accesses another:
 *	IO(name, bit, port, statement, flags)	flags of EXITINFO1, 0: doesn't stop
 */
#define IO_CASES(IO)                                                                  \
	IO(Out8, 0x80, 0x80, kvm_out8(0x80, 1), IO_8)                                 \
	IO(Out16, 0x80, 0x80, kvm_out16(0x80, 1), IO_16)                              \
	IO(Out32, 0x80, 0x80, kvm_out32(0x80, 1), IO_32)                              \
	IO(In8, 0x80, 0x80, kvm_in8(0x80), IO_8 | IO_IN)                              \
	IO(In16, 0x80, 0x80, kvm_in16(0x80), IO_16 | IO_IN)                           \
	IO(In32, 0x80, 0x80, kvm_in32(0x80), IO_32 | IO_IN)                           \
	IO(OutString8, 0x80, 0x80, out_string(0x80), IO_8 | IO_STRING | IO_REP)       \
	IO(InString8, 0x80, 0x80, in_string(0x80), IO_8 | IO_STRING | IO_REP | IO_IN) \
	IO(SecondByteOf16, 0x81, 0x80, kvm_out16(0x80, 1), IO_16)                     \
	IO(LastByteOf32, 0x83, 0x80, kvm_in32(0x80), IO_32 | IO_IN)                   \
	IO(LastByteOf32AcrossBytes, 0x88, 0x85, kvm_out32(0x85, 1), IO_32)            \
	IO(Port0, 0, 0, kvm_in8(0), IO_8 | IO_IN)                                     \
	IO(LastPort, 0xffff, 0xffff, kvm_in8(0xffff), IO_8 | IO_IN)                   \
	IO(BehindLastPort, 0x10000, 0xffff, kvm_out16(0xffff, 1), IO_16)              \
	IO(PortBelow, 0x7f, 0x80, kvm_out8(0x80, 1), 0)                               \
	IO(PortAbove, 0x81, 0x80, kvm_out8(0x80, 1), 0)                               \
	IO(ByteBehind16, 0x82, 0x80, kvm_in16(0x80), 0)                               \
	IO(ByteBehind32, 0x84, 0x80, kvm_in32(0x80), 0)                               \
	IO(OtherHalf, 0x80, 0x8080, kvm_out8(0x8080, 1), 0)

/*
 * With the map's bit for reading or writing one MSR set, the guest accesses one:
 *	ACCESS(name, bit, statement, stops, write)
 */
#define MSR_CASES(ACCESS)                                                                      \
	ACCESS(ReadLow, READ_BIT(MSR_SYSENTER_CS), kvm_rdmsr(MSR_SYSENTER_CS), 1, 0)           \
	ACCESS(WriteLow, WRITE_BIT(MSR_SYSENTER_CS), kvm_wrmsr(MSR_SYSENTER_CS, 8), 1, 1)      \
	ACCESS(ReadHigh, READ_BIT(MSR_STAR), kvm_rdmsr(MSR_STAR), 1, 0)                        \
	ACCESS(WriteHigh, WRITE_BIT(MSR_STAR), kvm_wrmsr(MSR_STAR, 0), 1, 1)                   \
	ACCESS(ReadAmd, READ_BIT(MSR_VM_CR), kvm_rdmsr(MSR_VM_CR), 1, 0)                       \
	ACCESS(WriteAmd, WRITE_BIT(MSR_VM_HSAVE_PA), kvm_wrmsr(MSR_VM_HSAVE_PA, 0), 1, 1)      \
	ACCESS(ReadWithWriteBit, WRITE_BIT(MSR_STAR), kvm_rdmsr(MSR_STAR), 0, 0)               \
	ACCESS(WriteWithReadBit, READ_BIT(MSR_STAR), kvm_wrmsr(MSR_STAR, 0), 0, 1)             \
	ACCESS(ReadWithNeighboursBits, READ_BIT(MSR_LSTAR), kvm_rdmsr(MSR_STAR), 0, 0)         \
	ACCESS(ReadLowWithHighBit, READ_BIT(0xc0000174), kvm_rdmsr(MSR_SYSENTER_CS), 0, 0)     \
	ACCESS(ReadEfer, READ_BIT(MSR_EFER), kvm_rdmsr(MSR_EFER), 1, 0)                        \
	ACCESS(WriteEfer, WRITE_BIT(MSR_EFER), kvm_wrmsr(MSR_EFER, kvm_rdmsr(MSR_EFER)), 1, 1) \
	ACCESS(ReadOutside, 0, kvm_rdmsr(0x40000000), 1, 0)                                    \
	ACCESS(WriteOutside, 0, kvm_wrmsr(0x40000000, 0), 1, 1)

/* With everything in the maps set, and the intercepts themselves off. */
#define OFF_CASES(NAME) NAME(IoInterceptOff) NAME(MsrInterceptOff)

#endif /* RINGSIDE_KVM_TESTS_SVM_PERMISSION_MAPS_H */
