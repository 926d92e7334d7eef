/* SPDX-License-Identifier: MIT */
/*
 * What a nested guest's nested page tables let it do, and what else becomes of an access: APM
 * Vol. 2, "Nested Paging".
 */
#ifndef RINGSIDE_KVM_TESTS_SVM_NPT_H
#define RINGSIDE_KVM_TESTS_SVM_NPT_H

/*
 * Entry of a page or of a table above it, access, EXITINFO1 beside NPF_USER and NPF_FINAL:
 * "Nested versus Guest Page Faults, Fault Ordering".
 *	NPT_FAULT(name, level, entry, access, EXITINFO1)
 */
#define NPT_FAULTS(NPT_FAULT)                                                                     \
	NPT_FAULT(ReadAbsent, 1, 0, read, 0)                                                      \
	NPT_FAULT(WriteAbsent, 1, 0, write, NPF_WRITE)                                            \
	NPT_FAULT(FetchAbsent, 1, 0, fetch, NPF_FETCH)                                            \
	NPT_FAULT(WriteReadOnly, 1, window() | NPT_PRESENT | NPT_USER, write,                     \
		  NPF_PRESENT | NPF_WRITE)                                                        \
	NPT_FAULT(FetchNoExecute, 1, window() | NPT_ALL | NPT_NX, fetch, NPF_PRESENT | NPF_FETCH) \
	NPT_FAULT(ReadSupervisor, 1, window() | NPT_PRESENT | NPT_WRITABLE, read, NPF_PRESENT)    \
	NPT_FAULT(WriteSupervisor, 1, window() | NPT_PRESENT | NPT_WRITABLE, write,               \
		  NPF_PRESENT | NPF_WRITE)                                                        \
	NPT_FAULT(ReadTableAbsent, 2, 0, read, 0)                                                 \
	NPT_FAULT(WriteTableReadOnly, 2, table_of_window() & ~(uint64_t)NPT_WRITABLE, write,      \
		  NPF_PRESENT | NPF_WRITE)                                                        \
	NPT_FAULT(ReadTableSupervisor, 2, table_of_window() & ~(uint64_t)NPT_USER, read,          \
		  NPF_PRESENT)                                                                    \
	NPT_FAULT(FetchTableNoExecute, 2, table_of_window() | NPT_NX, fetch,                      \
		  NPF_PRESENT | NPF_FETCH)                                                        \
	NPT_FAULT(BeyondMemory, 1, physical_end() | NPT_ALL, read, NPF_PRESENT | NPF_RESERVED)    \
	NPT_FAULT(TableBeyondMemory, 2, physical_end() | NPT_ALL, read,                           \
		  NPF_PRESENT | NPF_RESERVED)                                                     \
	NPT_FAULT(LargePageOffBoundary, 2, PAGESIZE << 1 | NPT_LARGE | NPT_ALL, write,            \
		  NPF_PRESENT | NPF_WRITE | NPF_RESERVED)

/* Functions of their own in the payload. */
#define OTHER_CASES(NAME)            \
	NAME(GuestPageTableAbsent)   \
	NAME(GuestPageTableReadOnly) \
	NAME(AccessedAndDirty)       \
	NAME(LargePage)              \
	NAME(ChangedEntry)           \
	NAME(ChangedTable)           \
	NAME(ChangedRoot)            \
	NAME(StringOutput)           \
	NAME(StringInput)

#endif /* RINGSIDE_KVM_TESTS_SVM_NPT_H */
