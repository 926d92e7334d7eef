/* SPDX-License-Identifier: MIT */
/* The output folder; see folder.h. */
#include "machines/matrix/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machines/bazel/command.h"
#include "machines/runner/message.h"

static bool is_ours(const char *name)
{
	static const char *const ours[] = {FOLDER_HTML, FOLDER_JSON, FOLDER_LOGS, FOLDER_BAZEL};

	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		if (!strcmp(name, ours[i]))
			return true;
	return false;
}

/* Returns the name of something that is not a matrix's, or NULL. The caller frees it. */
static char *find_other(const char *folder)
{
	DIR *list = opendir(folder);
	struct dirent *entry;
	char *other = NULL;

	while (list && !other && (entry = readdir(list)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") &&
		    !is_ours(entry->d_name))
			other = format_text("%s", entry->d_name);
	if (list)
		closedir(list);
	return other;
}

static void make_anew(const char *folder, const char *name)
{
	char *path = format_text("%s/%s", folder, name);

	remove_folder(path);
	make_folder(path);
	free(path);
}

const char *folder_prepare(const char *folder)
{
	char *other;

	if (mkdir(folder, 0755) && errno != EEXIST)
		return format_text("cannot make the output folder %s: %s; name one that can be "
				   "made with --output=FOLDER",
				   folder, strerror(errno));
	if (access(folder, R_OK | W_OK | X_OK))
		return format_text("cannot write to the output folder %s: %s; name another with "
				   "--output=FOLDER",
				   folder, strerror(errno));
	other = find_other(folder);
	if (other)
		return format_text("the output folder %s holds more than a matrix (%s): name "
				   "another, or a new one, with --output=FOLDER",
				   folder, other);
	make_anew(folder, FOLDER_LOGS);
	make_anew(folder, FOLDER_BAZEL);
	return NULL;
}

int folder_copy(const char *folder, const char *name, const char *from)
{
	char *path = format_text("%s/%s", folder, name);
	int in = open(from, O_RDONLY | O_CLOEXEC), out = -1;
	ssize_t got = -1;

	for (char *slash = path; in >= 0 && (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	if (in >= 0)
		out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out >= 0) {
		while ((got = sendfile(out, in, NULL, 1 << 20)) > 0)
			;
		close(out);
	}
	if (in >= 0)
		close(in);
	free(path);
	return got < 0 ? -1 : 0;
}

FILE *folder_create(const char *folder, const char *name)
{
	char *path = format_text("%s/%s", folder, name);
	FILE *file = fopen(path, "we");

	if (!file)
		die("cannot create %s: %s", path, strerror(errno));
	free(path);
	return file;
}

void folder_close(FILE *file, const char *name)
{
	if (ferror(file) | fclose(file))
		die("cannot write %s: %s", name, strerror(errno));
}
