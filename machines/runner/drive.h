/* SPDX-License-Identifier: MIT */
/* Filling in a machine's drive (machines/job/job.h); what goes wrong ends the program. */
#ifndef RINGSIDE_MACHINES_RUNNER_DRIVE_H
#define RINGSIDE_MACHINES_RUNNER_DRIVE_H

#include "machines/job/job.h"

/** drive_open() - begin with an empty drive's records */
void drive_open(struct job_stream *stream, int drive);

/** drive_record() - write a record that is only a name, a folder's with mode 0755 */
void drive_record(struct job_stream *stream, enum job_record_type type, const char *name);

/**
 * drive_tree() - write a file, or a folder with all that is in it
 * @stream: from drive_open()
 * @path: where it is; links are followed
 * @name: where the machine gets it
 */
void drive_tree(struct job_stream *stream, const char *path, const char *name);

/** drive_close() - end the records; the machine finds its job now */
void drive_close(struct job_stream *stream, int drive);

#endif /* RINGSIDE_MACHINES_RUNNER_DRIVE_H */
