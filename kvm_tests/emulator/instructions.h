/* SPDX-License-Identifier: MIT */
/* Groups of instructions; a table of each is in instructions_payload.c. */
#ifndef RINGSIDE_KVM_TESTS_EMULATOR_INSTRUCTIONS_H
#define RINGSIDE_KVM_TESTS_EMULATOR_INSTRUCTIONS_H

#define GROUPS(G)     \
	G(moves)      \
	G(arithmetic) \
	G(multiply)   \
	G(divide)     \
	G(decimal)    \
	G(shifts)     \
	G(bits)       \
	G(exchange)   \
	G(strings)    \
	G(stack)      \
	G(flags)      \
	G(addresses)  \
	G(jumps)      \
	G(calls)      \
	G(far)        \
	G(segments)   \
	G(limits)     \
	G(entries)    \
	G(system)     \
	G(msrs)       \
	G(ports)      \
	G(fpu)        \
	G(vectors)    \
	G(faults)     \
	G(user)

#endif /* RINGSIDE_KVM_TESTS_EMULATOR_INSTRUCTIONS_H */
