/* SPDX-License-Identifier: MIT */
/* What is checked of 32-bit paging, one case each; a function of the payload has the name. */
#ifndef RINGSIDE_KVM_TESTS_MMU_LEGACY_H
#define RINGSIDE_KVM_TESTS_MMU_LEGACY_H

#define LEGACY_CASES(NAME)           \
	NAME(TableEntriesChange)     \
	NAME(DirectoryEntriesChange) \
	NAME(LargePagesChange)       \
	NAME(LargePageReserved)      \
	NAME(SizeIgnoredWithoutPse)  \
	NAME(PatOfASmallPage)        \
	NAME(ManyTables)             \
	NAME(TwoDirectories)         \
	NAME(Marks)                  \
	NAME(Permissions)            \
	NAME(PagingOff)              \
	NAME(PaeBetween)

/* Memory of the controller's above 4 GiB, which only a large page reaches: PSE-36. */
#define FAR_MEMORY 0x100000000ull
#define FAR_SIZE 0x400000u
#define FAR_VALUE 0xfa0fa0u

#endif /* RINGSIDE_KVM_TESTS_MMU_LEGACY_H */
