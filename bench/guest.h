/* SPDX-License-Identifier: MIT */
/*
 * The payloads of the benchmarks. main() of "functions" calls the function whose address
 * the controller has set with tst_kvm_set_arg(), with the variable count as its argument;
 * that of "hello" reports one result.
 */
#ifndef RINGSIDE_BENCH_GUEST_H
#define RINGSIDE_BENCH_GUEST_H

/* Pages that touch_pages() can write to. */
#define GUEST_PAGES 1000

#define GUEST_PAGE_SIZE 4096

/* The vector of the interrupts that two CPUs send each other. */
#define GUEST_VECTOR 0x40

#endif /* RINGSIDE_BENCH_GUEST_H */
