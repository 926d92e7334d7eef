/* SPDX-License-Identifier: MIT */
/* Ways into a nested SVM guest and out of it. */
#ifndef RINGSIDE_GUEST_X86_SVM_ENTER_H
#define RINGSIDE_GUEST_X86_SVM_ENTER_H

#include "kvm_x86_svm.h"

/** VMRUN with all registers switched; own is for the payload's state (nested.S). */
void svm_enter(struct kvm_regs64 *regs, struct kvm_vmcb *guest, struct kvm_vmcb *own);

#endif /* RINGSIDE_GUEST_X86_SVM_ENTER_H */
