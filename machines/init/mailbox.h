/* SPDX-License-Identifier: MIT */
/*
 * Job, stream and result by I/O ports, in a machine that has a mailbox
 * (machines/bochs/mailbox.h) instead of a drive and a stream's device.
 */
#ifndef RINGSIDE_MACHINES_INIT_MAILBOX_H
#define RINGSIDE_MACHINES_INIT_MAILBOX_H

#include <sys/types.h>

#include "machines/job/job.h"

/** mailbox_open() - get access to the ports; dies without it */
void mailbox_open(void);

/**
 * mailbox_take_job() - wait for a job, and take it in
 * @header: set to the job's first block
 *
 * The job lies then in a file in memory, as it would on a drive.
 *
 * Return: that file's descriptor.
 */
int mailbox_take_job(struct job_header *header);

/**
 * mailbox_relay() - pass on what a child prints until it has ended
 * @stream: the reading end of its standard output, which is closed at the end
 * @child: the child, which is left to be waited for; what else still runs then
 *         is killed
 * @time: the child's TIME_VARIABLE, to be written to; -1 if the stream's other
 *        way is not for that
 */
void mailbox_relay(int stream, pid_t child, int time);

/** mailbox_bring_out() - hand over the result, from the file that the job came in */
void mailbox_bring_out(int drive, const struct job_header *header);

#endif /* RINGSIDE_MACHINES_INIT_MAILBOX_H */
