/* SPDX-License-Identifier: MIT */
/*
 * The first program of an emulated machine: loads KVM, waits for a job, runs
 * it and sends its results. Then the host ends the machine.
 *
 * The snapshot is made while it waits. Settings come as environment variables,
 * which is what the kernel makes of unknown words on its command line:
 * ringside_mailbox or ringside_port (how to reach the host: I/O ports, or a
 * device), ringside_provides (the capabilities that the machine is declared to
 * have, with commas between).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "machines/capabilities/capabilities.h"
#include "machines/init/host.h"
#include "machines/init/init.h"

static void check_kvm(void)
{
	struct utsname name;
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	uname(&name);
	if (fd < 0)
		die("no /dev/kvm on Linux %s (%s): this kernel has KVM neither built in nor among "
		    "the modules given. Fix: a kernel with CONFIG_KVM, and CONFIG_KVM_AMD or "
		    "CONFIG_KVM_INTEL",
		    name.release, strerror(errno));
	close(fd);
}

/* What a machine is declared to offer, tests are sent there for: it must have it. */
static void check_capabilities(void)
{
	const char *provides = getenv("ringside_provides");
	capability_set declared = 0, lacking;
	char *names, list[CAPABILITY_LIST_SIZE];
	struct probe probe;

	if (!provides)
		return;
	names = strdup(provides);
	if (!names)
		die("out of memory");
	for (char *name = strtok(names, ","); name; name = strtok(NULL, ",")) {
		capability_set capability = capability_parse(name);

		if (!capability)
			die("this machine is declared to provide '%s', which is no capability",
			    name);
		declared |= capability;
	}
	free(names);
	probe_kvm(declared, &probe);
	if (*probe.problem)
		die("%s", probe.problem);
	lacking = declared & ~probe.provides;
	if (!lacking)
		return;
	/* One of them, and how to see for oneself. */
	die("this machine is declared to provide what it lacks: %s (%s)",
	    capability_list(lacking, list), capability_how(lacking & -lacking));
}

void wake_up(const struct channel_wake_up *head)
{
	const struct timespec now = {
		.tv_sec = (time_t)head->seconds,
		.tv_nsec = head->nanoseconds,
	};
	_Alignas(struct rand_pool_info) unsigned char
		space[sizeof(struct rand_pool_info) + sizeof(head->seed)];
	struct rand_pool_info *entropy = (struct rand_pool_info *)space;
	int fd = open("/dev/urandom", O_RDWR | O_CLOEXEC);

	entropy->entropy_count = 8 * sizeof(head->seed);
	entropy->buf_size = sizeof(head->seed);
	memcpy(entropy->buf, head->seed, sizeof(head->seed));
	if (fd < 0 || ioctl(fd, RNDADDENTROPY, entropy) || ioctl(fd, RNDRESEEDCRNG))
		die("cannot seed the random numbers: %s", strerror(errno));
	close(fd);
	if (clock_settime(CLOCK_REALTIME, &now))
		die("cannot set the clock: %s%s", strerror(errno),
		    fix_kernel("CONFIG_POSIX_TIMERS"));
}

static void tell_stage(uint32_t stage)
{
	host_send(CHANNEL_STAGE, &stage, sizeof(stage));
}

int main(void)
{
	struct job job = {0};
	uint32_t status;

	mount_first();

	setenv(RELOAD_PERMISSION, "1", 0);
	wait_for_clock();
	load_modules();
	check_kvm();
	check_capabilities();
	host_open();
	make_root();
	clear_free_memory();

	host_wait();
	tell_stage(CHANNEL_UNPACKING);
	take_job(&job);
	replace_modules(job.modules, job.module_count);
	status = (uint32_t)run_program(&job);
	tell_stage(CHANNEL_COLLECTING);
	keep_counters(&job);
	bring_out(&job);
	host_send(CHANNEL_STATUS, &status, sizeof(status));
	host_end();
}
