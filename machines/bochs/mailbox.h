/* SPDX-License-Identifier: MIT */
/*
 * The mailbox: the device through which a machine of Bochs exchanges bytes with the
 * program that started it. Bochs (mailbox.cc), the boot ROM (boot_rom.S) and the
 * machine's init share this file.
 *
 * It is a data port and a control port of 4 bytes. What comes in is the boot image when
 * the machine is switched on, and the channel (machines/channel/channel.h) when it is
 * restored; what goes out is the channel.
 *
 * Data is read and written in units of 1, 2 or 4 bytes, the lowest address
 * first. A read waits for bytes that have not come yet, and gives zeros where the input
 * has ended. The control port, read, tells how many bytes can be had without
 * waiting, or MAILBOX_END; commands are written to it.
 */
#ifndef RINGSIDE_MAILBOX_H
#define RINGSIDE_MAILBOX_H

#define MAILBOX_DATA_PORT 0x5f0
#define MAILBOX_CONTROL_PORT 0x5f4

/* The input has ended, or there is none. */
#define MAILBOX_END 0xffffffff

/*
 * Saves the machine's state, a few instructions later, and ends Bochs with
 * status 0. The restored machine goes on behind this command, and knows itself
 * by input that has not ended.
 */
#define MAILBOX_SAVE 1

/* Hands over to the host what has been written to the data port. */
#define MAILBOX_FLUSH 2

#endif
