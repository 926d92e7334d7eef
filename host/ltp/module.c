// SPDX-License-Identifier: MIT
/* Kernel modules: finding, removing and loading them. */
#include "tst_module.h"

#include <sys/syscall.h>
#include <sys/utsname.h>

#include "host/engine/engine.h"
#include "host/ltp/modules.h"
#include "host/ltp/report.h"
#include "host/ltp/suite.h"

#ifndef MODULE_INIT_COMPRESSED_FILE
#define MODULE_INIT_COMPRESSED_FILE 4
#endif

#define ARGS_SIZE 1024

/* Set to 1, it lets tests change the machine's modules; on emulated ones it is. */
#define PERMISSION "RINGSIDE_RELOAD_MODULES"

/* Whether the file name at @path, up to the last '/', is module @name's. */
static bool is_file_of(const char *path, size_t len, const char *name)
{
	const char *base = memrchr(path, '/', len);
	size_t i, name_len = strlen(name);

	base = base ? base + 1 : path;
	len -= base - path;
	if (len < name_len + 3 || strncmp(base + name_len, ".ko", 3))
		return false;
	for (i = 0; i < name_len; i++) {
		char a = base[i] == '-' ? '_' : base[i], b = name[i] == '-' ? '_' : name[i];

		if (a != b)
			return false;
	}
	return true;
}

/*
 * Looks for the module in one of depmod's lists, whose lines begin with a path
 * up to ':' or the line's end. 1 or 0; -1 if there is no such list. The path
 * is stored in @path if it is not NULL.
 */
static int look_up(const char *list_name, const char *name, char *path, size_t size)
{
	char list_path[256], *list, *line, *next;
	struct utsname uts;
	int found = 0;

	uname(&uts);
	snprintf(list_path, sizeof(list_path), "/lib/modules/%s/%s", uts.release, list_name);
	list = tst_read_file(list_path, NULL);
	if (!list)
		return -1;
	for (line = list; *line && !found; line = next) {
		size_t len = strcspn(line, ":\n");

		next = line + strcspn(line, "\n");
		if (*next)
			next++;
		if (!is_file_of(line, len, name))
			continue;
		found = 1;
		if (path && *line == '/')
			snprintf(path, size, "%.*s", (int)len, line);
		else if (path)
			snprintf(path, size, "/lib/modules/%s/%.*s", uts.release, (int)len, line);
	}
	free(list);
	return found;
}

/* The name that /sys/module has: with _ for -. */
static void sys_path(char *path, size_t size, const char *name, const char *file)
{
	char *at;

	snprintf(path, size, "/sys/module/%s%s", name, file);
	for (at = path + strlen("/sys/module/"); *at && *at != '/'; at++) {
		if (*at == '-')
			*at = '_';
	}
}

static bool is_loaded(const char *name)
{
	char path[256];

	/* Modules that are built in have no initstate. */
	sys_path(path, sizeof(path), name, "/initstate");
	return access(path, F_OK) == 0;
}

static bool in_sysfs(const char *name)
{
	char path[256];

	sys_path(path, sizeof(path), name, "");
	return access(path, F_OK) == 0;
}

enum tst_module_state tst_module_state(const char *name)
{
	int built_in, loadable;

	if (in_sysfs(name))
		return MODULE_PRESENT;
	built_in = look_up("modules.builtin", name, NULL, 0);
	if (built_in > 0)
		return MODULE_PRESENT;
	loadable = look_up("modules.dep", name, NULL, 0);
	if (loadable > 0)
		return MODULE_LOADABLE;
	/* What neither list has is absent only if there are both. */
	return built_in < 0 || loadable < 0 ? MODULE_UNKNOWN : MODULE_ABSENT;
}

const char *tst_module_lists(void)
{
	static char text[192];
	struct utsname uts;

	uname(&uts);
	snprintf(text, sizeof(text), "/lib/modules/%.64s/modules.dep or modules.builtin",
		 uts.release);
	return text;
}

/* Breaks the test unless the process may change the kernel's modules. */
static void check_may_act(const char *func, const char *name)
{
	const char *allowed = getenv(PERMISSION);

	if (!name || !*name || strchr(name, '/') || strlen(name) > 64)
		lib_brk(TBROK,
			"%s(mod_name): mod_name must be a module's name of at most 64 characters",
			func);
	if (geteuid())
		lib_brk(TBROK, "%s(%s): only root may load and remove modules", func, name);
	if (!allowed || strcmp(allowed, "1"))
		lib_brk(TBROK,
			"%s(%s): tests may not change this machine's modules; allow it with "
			"--test_env=" PERMISSION "=1, or use an emulated machine (--config=amd, "
			"--config=intel)",
			func, name);
}

static void check_removable(const char *func, const char *name)
{
	if (is_loaded(name))
		return;
	if (in_sysfs(name))
		lib_brk(TBROK,
			"%s(%s): the module is built into the kernel; set the parameter on the "
			"kernel's command line and reboot",
			func, name);
	lib_brk(TBROK, "%s(%s): the module is not loaded", func, name);
}

bool tst_module_file(const char *name, char *path, size_t size)
{
	return look_up("modules.dep", name, path, size) > 0 && access(path, R_OK) == 0;
}

static void find_file(const char *func, const char *name, char *path, size_t size)
{
	struct utsname uts;

	if (tst_module_file(name, path, size))
		return;
	uname(&uts);
	lib_brk(TBROK, "%s(%s): the module's file was not found with /lib/modules/%s/modules.dep",
		func, name, uts.release);
}

static void join_args(const char *func, const char *name, char *const argv[], char *args,
		      size_t size)
{
	size_t used = 0;

	args[0] = '\0';
	for (; argv && *argv; argv++) {
		size_t len = strlen(*argv);

		if (used + len + 2 > size)
			lib_brk(TBROK, "%s(%s, argv): the parameters have more than %zu characters",
				func, name, size - 2);
		used += snprintf(args + used, size - used, "%s%s", used ? " " : "", *argv);
	}
}

static void remove_module(const char *func, const char *name)
{
	char path[256], *spelled;

	/* The kernel knows the module by its one spelling only. */
	sys_path(path, sizeof(path), name, "");
	spelled = strrchr(path, '/') + 1;
	if (syscall(SYS_delete_module, spelled, O_NONBLOCK) == 0)
		return;
	lib_brk(TBROK | TERRNO, "%s(%s): delete_module() refused%s", func, name,
		errno == EWOULDBLOCK
			? ": something uses the module; end all virtual machines and remove the "
			  "modules that depend on it"
			: "");
}

static void insert_module(const char *func, const char *name, const char *path, const char *args)
{
	size_t len = strlen(path);
	bool packed = len > 3 && strcmp(path + len - 3, ".ko");
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		lib_brk(TBROK | TERRNO, "%s(%s): cannot open %s", func, name, path);
	err = syscall(SYS_finit_module, fd, args, packed ? MODULE_INIT_COMPRESSED_FILE : 0) ? errno
											    : 0;
	close(fd);
	if (!err)
		return;
	errno = err;
	lib_brk(TBROK | TERRNO, "%s(%s): finit_module(%s, \"%s\")%s", func, name, path, args,
		err == ENOENT ? ": a module that it depends on is not loaded" : "");
}

void tst_module_load(const char *mod_name, char *const argv[])
{
	char path[512], args[ARGS_SIZE];

	check_may_act(__func__, mod_name);
	join_args(__func__, mod_name, argv, args, sizeof(args));
	find_file(__func__, mod_name, path, sizeof(path));
	insert_module(__func__, mod_name, path, args);
	engine_forget_host();
}

void tst_module_unload(const char *mod_name)
{
	check_may_act(__func__, mod_name);
	check_removable(__func__, mod_name);
	remove_module(__func__, mod_name);
	engine_forget_host();
}

void tst_module_reload(const char *mod_name, char *const argv[])
{
	char path[512], args[ARGS_SIZE];

	/* All that can be known beforehand, so that the module is not lost. */
	check_may_act(__func__, mod_name);
	check_removable(__func__, mod_name);
	join_args(__func__, mod_name, argv, args, sizeof(args));
	find_file(__func__, mod_name, path, sizeof(path));
	lib_res(TINFO, "reloading the module %s with \"%s\"", mod_name, args);
	remove_module(__func__, mod_name);
	insert_module(__func__, mod_name, path, args);
	engine_forget_host();
}

int tst_read_bool_sys_param(const char *filename)
{
	char *text = tst_read_file(filename, NULL);
	int value = -1, number;

	if (!text)
		return -1;
	text[strcspn(text, " \t\n")] = '\0';
	if (!strcasecmp(text, "y"))
		value = 1;
	else if (!strcasecmp(text, "n"))
		value = 0;
	else if (!tst_parse_int(text, &number, INT_MIN, INT_MAX))
		value = number != 0;
	free(text);
	return value;
}
