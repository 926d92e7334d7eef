/* SPDX-License-Identifier: MIT */
/* test.log, test.xml and what actions print; see artifacts.h. */
#include "machines/matrix/artifacts.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "machines/runner/message.h"

/* More of a test.xml is not read: it holds the test's output, too. */
#define XML_SIZE (4u << 20)

/* The runner's line is among the first, behind what Bazel puts there. */
#define LOG_HEAD 4096

/* The path of "file:///path", its %XX decoded. */
static char *path_of(const char *uri)
{
	static const char scheme[] = "file://";
	char *path, *end;

	if (!uri || strncmp(uri, scheme, sizeof(scheme) - 1))
		return NULL;
	path = end = format_text("%s", uri + sizeof(scheme) - 1);
	for (const char *c = path; *c; c++) {
		char digits[3] = {0};

		if (*c == '%' && isxdigit((unsigned char)c[1]) && isxdigit((unsigned char)c[2])) {
			memcpy(digits, c + 1, 2);
			*end++ = (char)strtol(digits, NULL, 16);
			c += 2;
		} else {
			*end++ = *c;
		}
	}
	*end = '\0';
	return path;
}

static int open_uri(const char *uri)
{
	char *path = path_of(uri);
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	free(path);
	return fd;
}

char *artifact_text(const char *uri, size_t size)
{
	int fd = open_uri(uri);
	size_t used = 0;
	char *text;

	if (fd < 0)
		return NULL;
	text = malloc(size + 1);
	if (!text)
		die("out of memory");
	while (used < size) {
		ssize_t got = read(fd, text + used, size - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		used += (size_t)got;
	}
	close(fd);
	text[used] = '\0';
	return text;
}

char *artifact_folder(const char *uri)
{
	char *path = path_of(uri);
	char *slash = path ? strrchr(path, '/') : NULL;

	if (slash)
		*slash = '\0';
	return path;
}

static void make_parents(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
}

int artifact_copy(const char *uri, const char *folder, const char *name)
{
	int from = open_uri(uri), to = -1, result = -1;
	char *path = format_text("%s/%s", folder, name);
	ssize_t got;

	if (from >= 0) {
		make_parents(path);
		to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	}
	if (to >= 0) {
		while ((got = sendfile(to, from, NULL, 1 << 20)) > 0)
			;
		result = got < 0 ? -1 : 0;
		close(to);
	}
	if (from >= 0)
		close(from);
	free(path);
	return result;
}

/* The attribute's value, XML's five entities decoded. */
static char *attribute(const char *element, const char *name)
{
	static const struct {
		const char *entity;
		char c;
	} entities[] = {
		{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}};
	const char *end = strchr(element, '>');
	const char *value = strstr(element, name);
	char *text, *to;

	if (!value || (end && value > end))
		return NULL;
	value += strlen(name);
	text = to = format_text("%.*s", (int)strcspn(value, "\""), value);
	for (const char *c = text; *c; to++) {
		*to = *c;
		for (size_t i = 0; i < sizeof(entities) / sizeof(*entities); i++)
			if (!strncmp(c, entities[i].entity, strlen(entities[i].entity))) {
				*to = entities[i].c;
				c += strlen(entities[i].entity) - 1;
				break;
			}
		c++;
	}
	*to = '\0';
	return text;
}

char *artifact_skip(const char *uri)
{
	static const char cdata[] = "<![CDATA[";
	char *xml = artifact_text(uri, XML_SIZE), *reason = NULL;
	size_t cases = 0, skips = 0;

	for (const char *c = xml; c && (c = strchr(c, '<')); c++) {
		/* There, anything can stand. */
		if (!strncmp(c, cdata, sizeof(cdata) - 1)) {
			c = strstr(c, "]]>");
			if (!c)
				break;
		} else if (!strncmp(c, "<testcase ", 10)) {
			cases++;
		} else if (!strncmp(c, "<skipped", 8)) {
			skips++;
			if (!reason)
				reason = attribute(c, "message=\"");
		}
	}
	free(xml);
	if (cases && skips >= cases)
		return reason ? reason : format_text("%s", "no reason given");
	free(reason);
	return NULL;
}

char *artifact_release(const char *uri)
{
	char *text = artifact_text(uri, LOG_HEAD), *release = NULL;
	const char *line = text ? strstr(text, "\nringside: ") : NULL;
	const char *end = line ? strchr(line + 1, '\n') : NULL;
	const char *where = line ? strstr(line, ", Linux ") : NULL;

	if (end && where && where < end)
		release = format_text("%.*s", (int)(end - where - 8), where + 8);
	free(text);
	return release;
}
