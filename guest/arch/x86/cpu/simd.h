/* SPDX-License-Identifier: MIT */
/* Registers that a payload has with payload_features = ["simd"]. */
#ifndef RINGSIDE_GUEST_X86_SIMD_H
#define RINGSIDE_GUEST_X86_SIMD_H

/** Switches x87, SSE and what the CPU has of AVX on, on the running CPU. */
void kvm_enable_simd(void);

#endif /* RINGSIDE_GUEST_X86_SIMD_H */
