/* SPDX-License-Identifier: MIT */
/* What is checked of paging, one case each; a function of the payload has the name. */
#ifndef RINGSIDE_KVM_TESTS_MMU_PERMISSIONS_H
#define RINGSIDE_KVM_TESTS_MMU_PERMISSIONS_H

/* What the page holds, which is code that returns; and so does the device, which is no memory. */
#define CODE 0x111111c3u
#define DEVICE 0x40000000u

/*
 * One bit of the entry at one level is set or cleared, and then the page is read,
 * written and executed at both privilege levels, with CR0.WP set and clear.
 *	ENTRY(name, level, set, clear)
 */
#define ENTRY_CASES(ENTRY)                        \
	ENTRY(Unchanged, 1, 0, 0)                 \
	ENTRY(Level1Absent, 1, 0, PTE_PRESENT)    \
	ENTRY(Level2Absent, 2, 0, PTE_PRESENT)    \
	ENTRY(Level1ReadOnly, 1, 0, PTE_WRITABLE) \
	ENTRY(Level2ReadOnly, 2, 0, PTE_WRITABLE) \
	ENTRY(Level1Supervisor, 1, 0, PTE_USER)   \
	ENTRY(Level2Supervisor, 2, 0, PTE_USER)   \
	ENTRY(Level1NoExecute, 1, PTE_NX, 0)      \
	ENTRY(Level2NoExecute, 2, PTE_NX, 0)      \
	ENTRY(Level1Reserved, 1, RESERVED_BIT, 0) \
	ENTRY(Level2Reserved, 2, RESERVED_BIT, 0) \
	ENTRY(Level1ReservedWithPat, 1, RESERVED_BIT | PTE_PAT, 0)

#define ENTRY_CASES_OF_64_BITS(ENTRY)             \
	ENTRY(Level3Absent, 3, 0, PTE_PRESENT)    \
	ENTRY(Level4Absent, 4, 0, PTE_PRESENT)    \
	ENTRY(Level3ReadOnly, 3, 0, PTE_WRITABLE) \
	ENTRY(Level4ReadOnly, 4, 0, PTE_WRITABLE) \
	ENTRY(Level3Supervisor, 3, 0, PTE_USER)   \
	ENTRY(Level4Supervisor, 4, 0, PTE_USER)   \
	ENTRY(Level3NoExecute, 3, PTE_NX, 0)      \
	ENTRY(Level4NoExecute, 4, PTE_NX, 0)      \
	ENTRY(Level3Reserved, 3, RESERVED_BIT, 0) \
	ENTRY(Level4Reserved, 4, RESERVED_BIT, 0) \
	ENTRY(Level4Large, 4, LARGE_RESERVED, 0)  \
	ENTRY(Level3LargeOffBoundary, 3, PTE_LARGE | HUGE_RESERVED_BIT, 0)

/* Functions of their own in the payload. */
#define PAGING_CASES(NAME)               \
	NAME(SmepFetch)                  \
	NAME(SmapRead)                   \
	NAME(SmapWrite)                  \
	NAME(SmapWithAc)                 \
	NAME(ReadMarksAccessed)          \
	NAME(WriteMarksDirty)            \
	NAME(WriteAfterReadMarksDirty)   \
	NAME(FaultMarksNothing)          \
	NAME(InvlpgForgets)              \
	NAME(Cr3Forgets)                 \
	NAME(LargePageReachesAll)        \
	NAME(LargePageReserved)          \
	NAME(LargePageMarksDirty)        \
	NAME(PermissionGivenTakesEffect) \
	NAME(SmepSwitched)               \
	NAME(SmepSwitchedWithoutWp)      \
	NAME(SmapSwitched)               \
	NAME(SmapSwitchedWithoutWp)      \
	NAME(GlobalPagesSwitched)

#endif /* RINGSIDE_KVM_TESTS_MMU_PERMISSIONS_H */
