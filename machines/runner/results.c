/* SPDX-License-Identifier: MIT */
/* Taking files from a machine: hostile input, see results.h. */
#include "machines/runner/results.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machines/io/io.h"
#include "machines/runner/message.h"
#include "machines/runner/output_paths.h"

/* More files than any test leaves. */
#define FILES_MAX 10000

static bool has_bad_part(const char *path)
{
	while (*path) {
		size_t size;

		path += *path == '/';
		size = strcspn(path, "/");
		if (size == 0 || (size == 1 && path[0] == '.') ||
		    (size == 2 && path[0] == '.' && path[1] == '.'))
			return true;
		path += size;
	}
	return false;
}

/* Whether the test was told to leave a file or folder there. */
static bool is_allowed(const char *path)
{
	for (size_t i = 0; i < OUTPUT_PATHS; i++) {
		char *allowed = output_path(i);
		size_t size = allowed ? strlen(allowed) : 0;
		bool below = size && !strncmp(path, allowed, size) &&
			     (!path[size] || (output_is_folder(i) && path[size] == '/' &&
					      !has_bad_part(path + size)));

		free(allowed);
		if (below)
			return true;
	}
	return false;
}

static const char *end_file(struct results *results)
{
	return close(results->fd) ? strerror(errno) : NULL;
}

static const char *begin_file(struct results *results, const struct channel_frame *frame,
			      char *path)
{
	struct channel_file head;

	memcpy(&head, frame->data, sizeof(head));
	if (head.size > CHANNEL_RESULTS_MAX - results->size)
		return "they are too large";
	results->size += head.size;
	results->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (results->fd < 0) {
		say("cannot create %s: %s", make_printable(path), strerror(errno));
		return "an output file can't be written";
	}
	results->left = head.size;
	return results->left ? NULL : end_file(results);
}

static const char *go_on(struct results *results, const struct channel_frame *frame)
{
	if (frame->head.size > results->left)
		return "they are damaged";
	if (write_all(results->fd, frame->data, frame->head.size))
		return errno == ENOSPC ? "no space left on the host" : strerror(errno);
	results->left -= frame->head.size;
	return results->left ? NULL : end_file(results);
}

static const char *begin(struct results *results, struct channel_frame *frame)
{
	char *path = (char *)channel_text(frame);

	if (results->count++ == FILES_MAX)
		return "they hold too many files";
	if (!is_allowed(path))
		return "they hold a file that the test was not asked for";
	if (frame->head.type == CHANNEL_FILE)
		return begin_file(results, frame, path);
	return mkdir(path, 0755) && errno != EEXIST ? strerror(errno) : NULL;
}

const char *results_take(struct results *results, struct channel_frame *frame)
{
	if (frame->head.type == CHANNEL_DATA)
		return go_on(results, frame);
	if (frame->head.type == CHANNEL_NOTE) {
		/* It names a file of the test's. */
		say("machine: %.1000s", make_printable((char *)frame->data));
		return "they are incomplete";
	}
	if (results->left)
		return "they are cut off";
	return frame->head.type == CHANNEL_STATUS ? NULL : begin(results, frame);
}
