/* SPDX-License-Identifier: MIT */
/* QEMU's control channel (QEMU Machine Protocol): what Ringside needs of it. */
#ifndef RINGSIDE_MACHINES_QEMU_QMP_H
#define RINGSIDE_MACHINES_QEMU_QMP_H

#include <stdbool.h>
#include <stddef.h>

struct qmp {
	int fd; /* our end of a socket pair */
	char line[8192]; /* the message being received */
	size_t used;
	char stop_reason[32]; /* "guest-reset", "guest-shutdown", "guest-panic" … */
	bool migrated; /* a migration is completed */
	bool migration_failed;
};

/**
 * qmp_receive() - take in the messages that are there, without waiting
 * @qmp: the channel; its flags are updated from events
 *
 * Return: 1 when a reply without an error came, 0 when there was none, -1
 * when QEMU replied with an error (its text in qmp->line) or closed the
 * channel (qmp->line empty).
 */
int qmp_receive(struct qmp *qmp);

/**
 * qmp_command() - send one command and wait for its reply
 * @qmp: the channel
 * @command: a JSON object
 * @pass: a file descriptor for QEMU, or -1
 * @timeout_ms: how long the reply may take
 *
 * Return: 0, or -1 with a message in qmp->line.
 */
int qmp_command(struct qmp *qmp, const char *command, int pass, int timeout_ms);

/**
 * qmp_wait_migration() - wait until a migration has ended
 * @qmp: the channel; events must have been switched on
 * @timeout_ms: how long it may take
 *
 * Return: 0, or -1 with a message in qmp->line.
 */
int qmp_wait_migration(struct qmp *qmp, int timeout_ms);

#endif /* RINGSIDE_MACHINES_QEMU_QMP_H */
