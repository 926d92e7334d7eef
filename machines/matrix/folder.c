/* SPDX-License-Identifier: MIT */
/* The output folder; see folder.h. */
#include "machines/matrix/folder.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machines/runner/message.h"

static const struct {
	const char *name;
	bool is_folder;
} ours[] = {
	{FOLDER_HTML, false},
	{FOLDER_JSON, false},
	{FOLDER_LOGS, true},
	{FOLDER_BAZEL, true},
};

static bool is_ours(const char *name)
{
	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		if (!strcmp(name, ours[i].name))
			return true;
	return false;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status, (void)type, (void)place;
	return remove(path);
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

static int make_anew(const char *folder, const char *name, bool is_folder)
{
	char *path = format_text("%s/%s", folder, name);
	int result = nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);

	if (result && errno == ENOENT)
		result = 0;
	if (!result && is_folder)
		result = mkdir(path, 0755);
	free(path);
	return result;
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
	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		if (make_anew(folder, ours[i].name, ours[i].is_folder))
			return format_text("cannot empty the output folder %s: %s; name another "
					   "with --output=FOLDER",
					   folder, strerror(errno));
	return NULL;
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
