/* SPDX-License-Identifier: MIT */
/* What the guest of the state's tests does: the controller says it with tst_kvm_set_arg(). */
#ifndef RINGSIDE_HOST_TESTS_STATE_EXITS_H
#define RINGSIDE_HOST_TESTS_STATE_EXITS_H

/* Where nothing answers but the controller. */
#define STATE_PORT 0x80
#define STATE_MMIO 0x50000000
#define STATE_TABLES_AT 0x60000000 /* memory is mapped there, and comes from elsewhere */
#define STATE_MSR 0x4b564dfe /* of KVM's own range, and not one of its MSRs */

/* More than KVM reads ahead for one "rep ins" (a page). */
#define STATE_STRING 5000

enum state_task {
	STATE_PIO, /* in and out, all sizes */
	STATE_PIO_STRING, /* rep ins and rep outs */
	STATE_MMIO_TASK, /* reads and writes, all sizes, and both in one instruction */
	STATE_MMIO_CROSSING, /* the same across a page's end */
	STATE_HALT, /* kvm_yield() */
	STATE_MSRS, /* reads and writes; the first read raises #GP if so answered */
	STATE_REPORT, /* tst_res() several times */
	STATE_REGISTERS, /* unusual values in registers and MSRs, then an exit */
	STATE_CPUS, /* both CPUs write to the port */
	STATE_DEVICES, /* programs PIC, PIT, I/O APIC's neighbour, the local APIC */
	STATE_TABLES, /* maps another page, in the same place */
	STATE_ENDLESS, /* counts for ever */
	STATE_RANDOM /* changes anything, again and again; above STATE_SEED, where it begins */
};

/* Of the argument of STATE_RANDOM. */
#define STATE_SEED 256

#endif /* RINGSIDE_HOST_TESTS_STATE_EXITS_H */
