/* SPDX-License-Identifier: MIT */
/*
 * The mailbox: the device through which a machine of Bochs talks with the
 * program that started it. Bochs (mailbox.cc), the boot ROM (boot_rom.S) and the
 * machine's init share this file.
 *
 * It is two channels, each a data port and a control port of 4 bytes:
 *
 *   job     in: the boot image when the machine is switched on, the job when it
 *           is restored. Out: the job's result.
 *   stream  what a test reads and prints while it runs.
 *
 * Data is read and written in units of 1, 2 or 4 bytes, the lowest address
 * first. A read waits for bytes that a pipe does not hold yet, and gives zeros
 * where the input has ended. A control port, read, tells how many bytes can be
 * had without waiting, or MAILBOX_END.
 */
#ifndef RINGSIDE_MAILBOX_H
#define RINGSIDE_MAILBOX_H

#define MAILBOX_STREAM_PORT 0x5f0
#define MAILBOX_STREAM_CONTROL_PORT 0x5f4
#define MAILBOX_JOB_PORT 0x5f8
#define MAILBOX_JOB_CONTROL_PORT 0x5fc

/* The input has ended, or there is none. */
#define MAILBOX_END 0xffffffff

/* Where commands are written. */
#define MAILBOX_COMMAND_PORT MAILBOX_STREAM_CONTROL_PORT

/*
 * Saves the machine's state, a few instructions later, and ends Bochs with
 * status 0. The restored machine goes on behind this command, and knows itself
 * by a job that has not ended.
 */
#define MAILBOX_SAVE 1

/* Hands over to the host what has been written to the data ports. */
#define MAILBOX_FLUSH 2

/* Flushes, then ends Bochs with status 0: the machine is switched off. */
#define MAILBOX_POWER_OFF 0x10

#endif
