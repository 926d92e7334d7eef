/* SPDX-License-Identifier: MIT */
/*
 * What a nested guest's EPT lets it do, and what else becomes of an access: Intel SDM Vol. 3,
 * "The Extended Page-Table Mechanism (EPT)" (29.3) and "VM Functions" (26.5.6).
 */
#ifndef RINGSIDE_KVM_TESTS_VMX_EPT_H
#define RINGSIDE_KVM_TESTS_VMX_EPT_H

#define QUALIFICATION_VALID (EPT_VIOLATION_LINEAR_VALID | EPT_VIOLATION_TRANSLATED)

/*
 * Entry of a page, access to it, exit qualification: 29.3.3.2, Table 28-7.
 *	VIOLATION(name, entry, access, qualification beside the valid bits)
 */
#define VIOLATIONS(VIOLATION)                                                                    \
	VIOLATION(ReadAbsent, 0, read, EPT_VIOLATION_READ)                                       \
	VIOLATION(WriteAbsent, 0, write, EPT_VIOLATION_WRITE)                                    \
	VIOLATION(FetchAbsent, 0, fetch, EPT_VIOLATION_FETCH)                                    \
	VIOLATION(WriteReadOnly, EPT_READ, write, EPT_VIOLATION_WRITE | EPT_VIOLATION_READABLE)  \
	VIOLATION(WriteReadExecute, EPT_READ | EPT_EXECUTE, write,                               \
		  EPT_VIOLATION_WRITE | EPT_VIOLATION_READABLE | EPT_VIOLATION_EXECUTABLE)       \
	VIOLATION(FetchReadOnly, EPT_READ, fetch, EPT_VIOLATION_FETCH | EPT_VIOLATION_READABLE)  \
	VIOLATION(FetchReadWrite, EPT_READ | EPT_WRITE, fetch,                                   \
		  EPT_VIOLATION_FETCH | EPT_VIOLATION_READABLE | EPT_VIOLATION_WRITABLE)         \
	VIOLATION(ReadExecuteOnly, (need_ept_capability(CAP_EXECUTE_ONLY), EPT_EXECUTE), read,   \
		  EPT_VIOLATION_READ | EPT_VIOLATION_EXECUTABLE)                                 \
	VIOLATION(WriteExecuteOnly, (need_ept_capability(CAP_EXECUTE_ONLY), EPT_EXECUTE), write, \
		  EPT_VIOLATION_WRITE | EPT_VIOLATION_EXECUTABLE)

/* Entries of a level with what is reserved there: 29.3.3.1. */
#define MISCONFIGURATIONS(MISCONFIGURATION)                                              \
	MISCONFIGURATION(WriteOnly, 1, EPT_WRITE)                                        \
	MISCONFIGURATION(WriteAndExecute, 1, EPT_WRITE | EPT_EXECUTE)                    \
	MISCONFIGURATION(MemoryType2, 1, EPT_ALL | 2 << 3)                               \
	MISCONFIGURATION(MemoryType3, 1, EPT_ALL | 3 << 3)                               \
	MISCONFIGURATION(MemoryType7, 1, EPT_ALL | 7 << 3)                               \
	MISCONFIGURATION(BeyondMemory, 1, EPT_ALL | EPT_MEMORY_TYPE_WB | physical_end()) \
	MISCONFIGURATION(BeyondMemoryWithIgnoredBit, 1,                                  \
			 EPT_ALL | EPT_MEMORY_TYPE_WB | EPT_LARGE | physical_end())      \
	MISCONFIGURATION(LargePageOffBoundary, 2,                                        \
			 EPT_ALL | EPT_MEMORY_TYPE_WB | EPT_LARGE | PAGESIZE)            \
	MISCONFIGURATION(HugePageOffBoundary, 3,                                         \
			 EPT_ALL | EPT_MEMORY_TYPE_WB | EPT_LARGE | PAGESIZE)            \
	MISCONFIGURATION(LargePageOffUpperBoundary, 2,                                   \
			 EPT_ALL | EPT_MEMORY_TYPE_WB | EPT_LARGE | BIT64(20))           \
	MISCONFIGURATION(HugePageOffUpperBoundary, 3,                                    \
			 EPT_ALL | EPT_MEMORY_TYPE_WB | EPT_LARGE | BIT64(29))           \
	MISCONFIGURATION(LargePageBeyondMemory, 2,                                       \
			 EPT_ALL | EPT_MEMORY_TYPE_WB | EPT_LARGE | physical_end())      \
	MISCONFIGURATION(HugePageBeyondMemory, 3,                                        \
			 EPT_ALL | EPT_MEMORY_TYPE_WB | EPT_LARGE | physical_end())      \
	MISCONFIGURATION(LargePageMemoryType2, 2, EPT_ALL | EPT_LARGE | 2 << 3)          \
	MISCONFIGURATION(HugePageMemoryType7, 3, EPT_ALL | EPT_LARGE | 7 << 3)           \
	MISCONFIGURATION(LargePageWriteOnly, 2, EPT_WRITE | EPT_LARGE)                   \
	MISCONFIGURATION(TableWriteOnly, 2, page() | EPT_WRITE)                          \
	MISCONFIGURATION(TableWriteAndExecute, 3, page() | EPT_WRITE | EPT_EXECUTE)      \
	MISCONFIGURATION(TopWriteOnly, 4, page() | EPT_WRITE)                            \
	MISCONFIGURATION(TableReservedBit3, 2, page() | EPT_ALL | BIT64(3))              \
	MISCONFIGURATION(TableReservedBit6, 2, page() | EPT_ALL | BIT64(6))              \
	MISCONFIGURATION(TableBeyondMemory, 2, page() | EPT_ALL | physical_end())        \
	MISCONFIGURATION(DirectoryReservedBit3, 3, page() | EPT_ALL | BIT64(3))          \
	MISCONFIGURATION(DirectoryReservedBit6, 3, page() | EPT_ALL | BIT64(6))          \
	MISCONFIGURATION(DirectoryBeyondMemory, 3, page() | EPT_ALL | physical_end())    \
	MISCONFIGURATION(TopReservedBit3, 4, page() | EPT_ALL | BIT64(3))                \
	MISCONFIGURATION(TopReservedBit7, 4, page() | EPT_ALL | BIT64(7))                \
	MISCONFIGURATION(TopBeyondMemory, 4, page() | EPT_ALL | physical_end())

/* Functions of their own in the payload. */
#define OTHER_CASES(NAME)           \
	NAME(GuestPageTable)        \
	NAME(AccessedAndDirty)      \
	NAME(AccessedAndDirtyOff)   \
	NAME(InveptOfContext)       \
	NAME(InveptOfAll)           \
	NAME(ChangedRoot)           \
	NAME(PageModificationLog)   \
	NAME(VmfuncSwitchesEptp)    \
	NAME(VmfuncKeepsEptp)       \
	NAME(VmfuncIndexBehindList) \
	NAME(VmfuncIllegalEptp)     \
	NAME(VmfuncWithoutFunction) \
	NAME(VmfuncWithoutControl)  \
	NAME(VmfuncOfHypervisor)

#endif /* RINGSIDE_KVM_TESTS_VMX_EPT_H */
