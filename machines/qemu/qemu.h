/* SPDX-License-Identifier: MIT */
/*
 * A machine in QEMU, without hardware virtualization: started cold to take
 * its snapshot, and started from that snapshot.
 *
 * RAM is one memory file that QEMU maps and that its state transfer leaves
 * out, so a snapshot is two files: QEMU's state of everything but RAM, and
 * RAM without its zero pages (ram.h). Nothing of a running machine is on disk.
 */
#ifndef RINGSIDE_MACHINES_QEMU_QEMU_H
#define RINGSIDE_MACHINES_QEMU_QEMU_H

#include <sys/types.h>

#include "machines/qemu/qmp.h"

struct qemu_config {
	const char *root; /* folder of the unpacked QEMU packages */
	const char *cpu; /* QEMU's name of the CPU model */
	unsigned int cpus;
	unsigned int memory_mb;
};

struct qemu {
	pid_t pid; /* 0 before and after */
	int console; /* our end of the machine's serial line */
	int channel; /* our end of it */
	int errors; /* what QEMU itself says */
	int ram; /* memory file */
	struct qmp qmp;
};

/* What to boot; the command line is completed with the machine's settings. */
struct qemu_boot {
	const char *kernel;
	const char *initrd;
	const char *command_line;
};

/**
 * qemu_start() - start QEMU
 * @qemu: to be filled in; qemu_end() closes and frees what it holds
 * @config: the machine
 * @boot: what to boot, or NULL to wait for qemu_restore()
 *
 * Return: 0, or -1 with errno.
 */
int qemu_start(struct qemu *qemu, const struct qemu_config *config, const struct qemu_boot *boot);

/**
 * qemu_save() - stop the machine and write its snapshot
 * @qemu: a running one
 * @state: file descriptor for the state
 * @ram: file descriptor for RAM
 * @timeout_ms: how long each step may take
 *
 * Return: 0, or -1 with a message in qemu->qmp.line.
 */
int qemu_save(struct qemu *qemu, int state, int ram, int timeout_ms);

/**
 * qemu_restore() - go on where qemu_save() stopped
 * @qemu: one that was started without anything to boot
 * @config: the machine, as when the snapshot was taken
 * @state: file descriptor of the state
 * @ram: file descriptor of RAM
 * @timeout_ms: how long each step may take
 *
 * Return: 0 when the machine is about to run, or -1 with a message in
 * qemu->qmp.line.
 */
int qemu_restore(struct qemu *qemu, const struct qemu_config *config, int state, int ram,
		 int timeout_ms);

/** qemu_end() - kill QEMU, if it runs, and free everything; what was to be read is lost */
void qemu_end(struct qemu *qemu);

#endif /* RINGSIDE_MACHINES_QEMU_QEMU_H */
