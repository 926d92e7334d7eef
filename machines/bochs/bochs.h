/* SPDX-License-Identifier: MIT */
/*
 * A machine in Bochs: started cold to take its snapshot, and started from that
 * snapshot.
 *
 * A snapshot is the folder in which Bochs ran: its state, RAM (ram.h), and the
 * firmware, which Bochs loads again. Restoring changes nothing in it.
 */
#ifndef RINGSIDE_MACHINES_BOCHS_BOCHS_H
#define RINGSIDE_MACHINES_BOCHS_BOCHS_H

#include <sys/types.h>

/* Bochs' exit statuses (mailbox.cc): off, or its state saved; its own panic; a reset. */
#define BOCHS_OFF 0
#define BOCHS_PANIC 1
#define BOCHS_RESET 3

/* The firmware's names in a snapshot. */
#define BOCHS_BIOS "bios"
#define BOCHS_VGABIOS "vgabios"
#define BOCHS_BOOT_ROM "boot_rom"

struct bochs {
	pid_t pid; /* 0 before and after */
	int console; /* readable: the machine's serial line, and what Bochs itself says */
	int channel; /* our end of the channel, which a booting machine only writes */
};

/**
 * bochs_boot() - start Bochs on a boot image, and have it save its state
 * @bochs: to be filled in; bochs_end() closes what it holds
 * @program: Bochs, an absolute path
 * @cpu: Bochs' name of the CPU model
 * @cpu_khz: instructions in a millisecond of the machine's time
 * @memory_mb: RAM in MiB
 * @image: file descriptor of what boot_image made, read from its position
 * @folder: where the firmware is, and where the state goes
 *
 * Bochs ends by itself when the state is saved.
 *
 * Return: 0, or -1 with errno.
 */
int bochs_boot(struct bochs *bochs, const char *program, const char *cpu, unsigned int cpu_khz,
	       unsigned int memory_mb, int image, const char *folder);

/**
 * bochs_restore() - go on where the state was saved
 * @bochs: to be filled in; bochs_end() closes what it holds
 * @program: Bochs, an absolute path
 * @folder: the snapshot
 *
 * Return: 0, or -1 with errno. What goes wrong later is said on the console.
 */
int bochs_restore(struct bochs *bochs, const char *program, const char *folder);

/** bochs_end() - kill Bochs, if it runs, and close everything */
void bochs_end(struct bochs *bochs);

#endif /* RINGSIDE_MACHINES_BOCHS_BOCHS_H */
