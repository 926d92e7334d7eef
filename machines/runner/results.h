/* SPDX-License-Identifier: MIT */
/* The files that come out of a machine, which is not trusted. */
#ifndef RINGSIDE_MACHINES_RUNNER_RESULTS_H
#define RINGSIDE_MACHINES_RUNNER_RESULTS_H

#include "machines/channel/channel.h"

/* Files on their way out; zeroed before the first. */
struct results {
	int count; /* of files and folders */
	uint64_t size; /* of the files together, in bytes */
	int fd; /* the file that is being written */
	uint64_t left; /* bytes to come of it; 0: there is none */
};

/**
 * results_take() - take a frame that a machine sends when its program has ended
 * @results: what came before
 * @frame: CHANNEL_FOLDER, CHANNEL_FILE, CHANNEL_DATA, CHANNEL_NOTE, or CHANNEL_STATUS,
 *         with which they are complete
 *
 * Files are written only where the test was told to leave files.
 *
 * Return: NULL, or what is wrong with the results.
 */
const char *results_take(struct results *results, struct channel_frame *frame);

#endif /* RINGSIDE_MACHINES_RUNNER_RESULTS_H */
