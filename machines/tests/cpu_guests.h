/* SPDX-License-Identifier: MIT */
/* Where things are in the memory of cpu_test.cc's guests; for assembly, too. */
#ifndef RINGSIDE_MACHINES_TESTS_CPU_GUESTS_H
#define RINGSIDE_MACHINES_TESTS_CPU_GUESTS_H

#define GDT_ADDRESS 0x3000
#define IDT_ADDRESS 0x4000
#define LOG_ADDRESS 0x6000
#define STACK_END 0x8000
#define DATA_ADDRESS 0x9000
#define CODE_ADDRESS 0x10000
#define GUEST_MEMORY 0x20000

#define DONE_PORT 0x80

#endif /* RINGSIDE_MACHINES_TESTS_CPU_GUESTS_H */
