/* SPDX-License-Identifier: MIT */
/* Changes of page tables, one case each; a function of the payload has the name. */
#ifndef RINGSIDE_KVM_TESTS_MMU_TABLES_H
#define RINGSIDE_KVM_TESTS_MMU_TABLES_H

/* The entry at that level is changed by each kind of write: WRITES(WRITE, level). */
#define WRITES(WRITE, level)                                \
	WRITE(Level##level##Whole, level, whole)            \
	WRITE(Level##level##Half, level, half)              \
	WRITE(Level##level##Bytes, level, bytes)            \
	WRITE(Level##level##Words, level, words)            \
	WRITE(Level##level##Unaligned, level, unaligned)    \
	WRITE(Level##level##Across, level, across)          \
	WRITE(Level##level##Exchange, level, exchange)      \
	WRITE(Level##level##LockedBits, level, locked_bits) \
	WRITE(Level##level##String, level, string)          \
	WRITE(Level##level##Added, level, added)

#define WRITE_CASES(WRITE) WRITES(WRITE, 1) WRITES(WRITE, 2)
#define WRITE_CASES_OF_64_BITS(WRITE) WRITES(WRITE, 3) WRITES(WRITE, 4)

/* Functions of their own in the payload. */
#define TABLE_CASES(NAME)           \
	NAME(AbsentUntilWritten)    \
	NAME(ManyAfterCr3)          \
	NAME(ManyAfterInvlpg)       \
	NAME(UnlinkedWhileChanged)  \
	NAME(LinkedTwice)           \
	NAME(RootsChangedUnused)    \
	NAME(RootsShareATable)      \
	NAME(RootsDropTheirTop)     \
	NAME(WrittenThroughAliases) \
	NAME(WrittenThroughItself)  \
	NAME(TableAndDataTakeTurns) \
	NAME(LargePagesTakeTurns)   \
	NAME(LargePageBecomesSmall) \
	NAME(DirtyIsSetAgain)       \
	NAME(AccessedIsSetAgain)    \
	NAME(ReadOnlyAfterInvlpg)   \
	NAME(NoExecuteAfterInvlpg)

#endif /* RINGSIDE_KVM_TESTS_MMU_TABLES_H */
