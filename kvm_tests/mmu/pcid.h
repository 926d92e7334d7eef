/* SPDX-License-Identifier: MIT */
/* What is forgotten of process contexts, one case each; a function of the payload has the name. */
#ifndef RINGSIDE_KVM_TESTS_MMU_PCID_H
#define RINGSIDE_KVM_TESTS_MMU_PCID_H

#define PCID_CASES(NAME)       \
	NAME(MovToCr3)         \
	NAME(InvlpgOfCurrent)  \
	NAME(InvlpgOfGlobal)   \
	NAME(AddressOfCurrent) \
	NAME(AddressOfOthers)  \
	NAME(ContextOfCurrent) \
	NAME(ContextOfOthers)  \
	NAME(AllWithGlobal)    \
	NAME(AllButGlobal)     \
	NAME(SwitchedOff)      \
	NAME(IllegalDescriptors)

#endif /* RINGSIDE_KVM_TESTS_MMU_PCID_H */
