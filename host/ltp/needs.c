// SPDX-License-Identifier: MIT
/* What a struct tst_test needs of the machine. */
#include <sched.h>
#include <sys/utsname.h>

#include "host/ltp/modules.h"
#include "host/ltp/report.h"
#include "host/ltp/suite.h"

#define MEMINFO "/proc/meminfo"
#define LOCKDOWN "/sys/kernel/security/lockdown"
#define SECURE_BOOT "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

/* The name that test sources use for this program's architecture. */
#if defined(__x86_64__)
#define ARCH "x86_64"
#elif defined(__aarch64__)
#define ARCH "aarch64"
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH "riscv64"
#else
#error "name this architecture for .supported_archs"
#endif

static void check_arch(const char *const *archs)
{
	const char *const *arch;

	if (!archs)
		return;
	for (arch = archs; *arch; arch++) {
		if (!strcmp(*arch, ARCH))
			return;
	}
	lib_brk(TCONF, "this controller is for %s, which is not among the test's .supported_archs",
		ARCH);
}

static void check_kver(const char *wanted)
{
	unsigned int want[3] = {0}, have[3] = {0};
	struct utsname name;
	int i;

	if (!wanted)
		return;
	if (sscanf(wanted, "%u.%u.%u", &want[0], &want[1], &want[2]) < 2)
		lib_brk(TBROK, ".min_kver is \"%s\"; it must be like \"5.10\"", wanted);
	uname(&name);
	sscanf(name.release, "%u.%u.%u", &have[0], &have[1], &have[2]);
	for (i = 0; i < 3 && have[i] == want[i]; i++)
		;
	if (i < 3 && have[i] < want[i])
		lib_brk(TCONF, "the kernel is %s; the test needs %s", name.release, wanted);
}

static void check_cpus(unsigned int wanted)
{
	cpu_set_t set;
	long have;

	if (!wanted)
		return;
	/* More CPUs than the set can name are more than enough. */
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		have = CPU_COUNT(&set);
	else
		have = sysconf(_SC_NPROCESSORS_ONLN);
	if (have < (long)wanted)
		lib_brk(TCONF, "the test needs %u CPUs; this process may use %ld", wanted, have);
}

static void check_memory(size_t wanted_mib)
{
	char *text, *line;
	size_t mib;

	if (!wanted_mib)
		return;
	text = tst_read_file(MEMINFO, NULL);
	line = text ? strstr(text, "MemAvailable:") : NULL;
	if (!line) {
		free(text);
		lib_brk(TBROK, ".min_mem_avail: %s has no MemAvailable", MEMINFO);
	}
	mib = strtoull(line + strlen("MemAvailable:"), NULL, 10) / 1024;
	free(text);
	if (mib < wanted_mib)
		lib_brk(TCONF, "the test needs %zu MiB of memory; %zu are available", wanted_mib,
			mib);
}

static void check_kconfigs(const char *const *wanted)
{
	const char *const *expression = wanted, *why;
	char source[256], *config;
	int met = 1;

	if (!wanted || !*wanted)
		return;
	config = tst_kconfig_read(source, sizeof(source));
	if (!config) {
		lib_brk(TBROK,
			".needs_kconfigs: whether the kernel has %s can't be told: its configuration "
			"is not in %s. Fix: name its file in the environment's KCONFIG_PATH "
			"(--test_env); for a machine's kernel, linux_kernel(config = ...) or "
			"CONFIG_IKCONFIG_PROC",
			*wanted, source);
	}
	for (; *expression && met > 0; expression++)
		met = tst_kconfig_eval(config, *expression, &why);
	free(config);
	if (met < 0)
		lib_brk(TBROK, ".needs_kconfigs: \"%s\": %s", expression[-1], why);
	if (!met)
		lib_brk(TCONF, "the kernel's configuration (%s) does not meet %s", source,
			expression[-1]);
}

static void check_drivers(const char *const *drivers)
{
	for (; drivers && *drivers; drivers++) {
		switch (tst_module_state(*drivers)) {
		case MODULE_PRESENT:
		case MODULE_LOADABLE:
			continue;
		case MODULE_UNKNOWN:
			lib_brk(TBROK,
				".needs_drivers: whether the kernel has the driver %s can't be told: "
				"%s is not there. Fix: install the kernel's modules, or run depmod; for "
				"a machine's kernel, linux_kernel(builtin = ...)",
				*drivers, tst_module_lists());
		case MODULE_ABSENT:
			lib_brk(TCONF, "the kernel has no driver %s", *drivers);
		}
	}
}

static void check_lockdown(void)
{
	char *text = tst_read_file(LOCKDOWN, NULL);
	bool locked = text && !strstr(text, "[none]");

	free(text);
	if (locked)
		lib_brk(TCONF, "the kernel is locked down (%s)", LOCKDOWN);
}

static void check_secure_boot(void)
{
	size_t len = 0;
	char *text = tst_read_file(SECURE_BOOT, &len);
	/* Four bytes of attributes, then the value. */
	bool secure = text && len >= 5 && text[4] == 1;

	free(text);
	if (secure)
		lib_brk(TCONF, "the machine was booted with Secure Boot");
}

void tst_check_needs(const struct tst_test *test)
{
	if (test->tconf_msg)
		lib_brk(TCONF, "%s", test->tconf_msg);
	check_arch(test->supported_archs);
	if (test->needs_root && geteuid())
		lib_brk(TCONF, "the test needs root");
	check_kver(test->min_kver);
	check_cpus(test->min_cpus);
	check_memory(test->min_mem_avail);
	check_kconfigs(test->needs_kconfigs);
	check_drivers(test->needs_drivers);
	if (test->skip_in_lockdown)
		check_lockdown();
	if (test->skip_in_secureboot)
		check_secure_boot();
}
