// SPDX-License-Identifier: MIT
/* The kernel's configuration and expressions over it. */
#include <stdarg.h>
#include <sys/utsname.h>
#include <zlib.h>

#include "host/ltp/suite.h"

#define MAX_CONFIG (16u << 20)

/* A file's whole text, gzipped or not: zlib reads both. NULL if it can't be had. */
static char *read_config(const char *path)
{
	char *text = malloc(MAX_CONFIG + 1);
	gzFile file = gzopen(path, "rbe");
	int len = file && text ? gzread(file, text, MAX_CONFIG) : -1;

	if (file && gzclose(file) != Z_OK)
		len = -1;
	if (len < 0) {
		free(text);
		return NULL;
	}
	text[len] = '\0';
	return text;
}

char *tst_kconfig_read(char *source, size_t size)
{
	/* The kernel's release goes in between, where there is a second part. */
	static const struct {
		const char *prefix, *suffix;
	} places[] = {
		{"/proc/config.gz", NULL},
		{"/lib/modules/", "/config"},
		{"/lib/modules/", "/build/.config"},
		{"/boot/config-", ""},
		{"/boot/config", NULL},
	};
	const char *forced = getenv("KCONFIG_PATH");
	struct utsname name;
	char path[256], *text;
	size_t i;

	if (forced && *forced) {
		snprintf(source, size, "%s (KCONFIG_PATH)", forced);
		return read_config(forced);
	}
	uname(&name);
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(path, sizeof(path), "%s%s%s", places[i].prefix,
			 places[i].suffix ? name.release : "",
			 places[i].suffix ? places[i].suffix : "");
		text = read_config(path);
		if (text) {
			snprintf(source, size, "%s", path);
			return text;
		}
	}
	snprintf(source, size, "/proc/config.gz, /lib/modules/%s/, /boot/", name.release);
	return NULL;
}

/*
 * A parser that goes down from | over & and ! to parentheses and variables.
 * Every part is evaluated, so that a malformed rest never goes unnoticed.
 */
struct parser {
	const char *config;
	const char *at;
	const char *why; /* what is wrong, once something is */
};

static int parse_or(struct parser *p);

static void skip_blanks(struct parser *p)
{
	p->at += strspn(p->at, " \t");
}

static bool take(struct parser *p, char c)
{
	skip_blanks(p);
	if (*p->at != c)
		return false;
	p->at++;
	return true;
}

static size_t name_length(const char *at)
{
	return strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
}

/* The value of a variable, to its line's end; NULL when it is not set. */
static const char *find_value(const char *config, const char *name, size_t len)
{
	const char *line = config;

	while (line) {
		if (!strncmp(line, name, len) && line[len] == '=')
			return line + len + 1;
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return NULL;
}

/* Length of the value that an expression asks for: a quoted string or a word. */
static size_t wanted_length(struct parser *p)
{
	const char *end;

	if (*p->at != '"')
		return strcspn(p->at, " \t|&()!");
	end = strchr(p->at + 1, '"');
	if (!end) {
		p->why = "a string has no closing quote";
		return 0;
	}
	return end - p->at + 1;
}

static int parse_variable(struct parser *p)
{
	size_t len = name_length(p->at), wanted_len;
	const char *name = p->at, *wanted, *value;

	if (strncmp(name, "CONFIG_", 7) || len == 7) {
		p->why = "a variable must begin with CONFIG_";
		return 0;
	}
	p->at += len;
	value = find_value(p->config, name, len);
	if (*p->at != '=')
		return value && *value != 'n' && *value != '\n';
	p->at++;
	wanted = p->at;
	wanted_len = wanted_length(p);
	if (!wanted_len && !p->why)
		p->why = "there is no value after =";
	p->at += wanted_len;
	if (wanted_len == 1 && *wanted == 'n')
		return !value || *value == 'n';
	return value && strcspn(value, "\n") == wanted_len && !strncmp(value, wanted, wanted_len);
}

static int parse_not(struct parser *p)
{
	int value;

	if (take(p, '!'))
		return !parse_not(p);
	if (!take(p, '('))
		return parse_variable(p);
	value = parse_or(p);
	if (!take(p, ')') && !p->why)
		p->why = "a parenthesis is not closed";
	return value;
}

static int parse_and(struct parser *p)
{
	int value = parse_not(p);

	while (!p->why && take(p, '&'))
		value &= parse_not(p);
	return value;
}

static int parse_or(struct parser *p)
{
	int value = parse_and(p);

	while (!p->why && take(p, '|'))
		value |= parse_and(p);
	return value;
}

int tst_kconfig_eval(const char *config, const char *expression, const char **why)
{
	struct parser parser = {.config = config, .at = expression};
	int value = parse_or(&parser);

	skip_blanks(&parser);
	if (!parser.why && *parser.at)
		parser.why = "there is something after its end; combine variables with & and |";
	*why = parser.why;
	return parser.why ? -1 : value;
}
