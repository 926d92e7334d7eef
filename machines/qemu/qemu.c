/* SPDX-License-Identifier: MIT */
/* QEMU's command line, and how its state is saved and restored; see qemu.h. */
#include "machines/qemu/qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "machines/emulator/child.h"
#include "machines/qemu/ram.h"

/* Memory for translated code: the guest is small, and tests are short. */
#define TRANSLATION_MB 64

static uint64_t ram_size(const struct qemu_config *config)
{
	return (uint64_t)config->memory_mb << 20;
}

/* QEMU with the dynamic loader and the libraries that came with it. */
static void add_program(struct arguments *arguments, const char *root)
{
	const char *libraries = "lib/x86_64-linux-gnu";

	add_argument(arguments, "%s/%s/ld-linux-x86-64.so.2", root, libraries);
	add_argument(arguments, "--inhibit-cache");
	add_argument(arguments, "--library-path");
	add_argument(arguments, "%s/usr/%s:%s/%s", root, libraries, root, libraries);
	add_argument(arguments, "%s/usr/bin/qemu-system-x86_64", root);
	add_argument(arguments, "-L");
	add_argument(arguments, "%s/usr/share/seabios", root);
	add_argument(arguments, "-L");
	add_argument(arguments, "%s/usr/share/qemu", root);
}

static void add_option(struct arguments *arguments, const char *option, const char *value)
{
	add_argument(arguments, "%s", option);
	add_argument(arguments, "%s", value);
}

static void add_machine(struct arguments *arguments, const struct qemu_config *config, int ram)
{
	add_argument(arguments, "-nodefaults");
	add_argument(arguments, "-no-user-config");
	add_option(arguments, "-display", "none");
	add_argument(arguments, "-no-reboot");
	/*
	 * One thread for all CPUs: with one each, a CPU goes on with code that
	 * another has just replaced, now and then. KVM has the kernel patch itself
	 * with each VM that comes or goes, so that both CPUs would end in a loop at
	 * a breakpoint that is long gone.
	 */
	add_argument(arguments, "-accel");
	add_argument(arguments, "tcg,thread=single,tb-size=%d", TRANSLATION_MB);
	add_option(arguments, "-machine", "pc,memory-backend=ram,hpet=off");
	add_argument(arguments, "-cpu");
	add_argument(arguments, "%s", config->cpu);
	add_argument(arguments, "-smp");
	add_argument(arguments, "%u", config->cpus);
	add_argument(arguments, "-m");
	add_argument(arguments, "%u", config->memory_mb);
	add_argument(arguments, "-object");
	add_argument(arguments,
		     "memory-backend-file,id=ram,size=%uM,share=on,mem-path=/proc/self/fd/%d",
		     config->memory_mb, ram);
}

static void add_devices(struct arguments *arguments, int console, int channel, int qmp)
{
	add_argument(arguments, "-chardev");
	add_argument(arguments, "socket,id=console,fd=%d", console);
	add_option(arguments, "-serial", "chardev:console");
	add_argument(arguments, "-chardev");
	add_argument(arguments, "socket,id=channel,fd=%d", channel);
	add_option(arguments, "-device", "virtio-serial-pci");
	add_option(arguments, "-device", "virtserialport,chardev=channel");
	add_argument(arguments, "-chardev");
	add_argument(arguments, "socket,id=qmp,fd=%d", qmp);
	add_option(arguments, "-mon", "chardev=qmp,mode=control");
}

static void add_boot(struct arguments *arguments, const struct qemu_boot *boot)
{
	if (!boot) {
		add_option(arguments, "-incoming", "defer");
		return;
	}
	add_option(arguments, "-kernel", boot->kernel);
	add_option(arguments, "-initrd", boot->initrd);
	add_argument(arguments, "-append");
	add_argument(arguments, "console=ttyS0 panic=-1 ringside_port=/dev/vport0p1 %s",
		     boot->command_line);
}

static int spawn(struct qemu *qemu, const struct qemu_config *config, const struct qemu_boot *boot,
		 const int *theirs)
{
	struct arguments arguments = {0};
	const int keep[] = {qemu->ram, theirs[0], theirs[1], theirs[2]};
	char *modules = NULL;
	char *environment[] = {NULL, NULL};

	if (asprintf(&modules, "QEMU_MODULE_DIR=%s/usr/lib/x86_64-linux-gnu/qemu", config->root) <
	    0)
		return -1;
	environment[0] = modules;
	add_program(&arguments, config->root);
	add_machine(&arguments, config, qemu->ram);
	add_devices(&arguments, theirs[0], theirs[1], theirs[2]);
	add_boot(&arguments, boot);
	qemu->pid = start_child(&arguments, environment, NULL, theirs[3], keep,
				sizeof(keep) / sizeof(*keep));
	free_arguments(&arguments);
	free(modules);
	return qemu->pid > 0 ? 0 : -1;
}

int qemu_start(struct qemu *qemu, const struct qemu_config *config, const struct qemu_boot *boot)
{
	int *const ours[] = {&qemu->console, &qemu->channel, &qemu->qmp.fd, &qemu->errors};
	int theirs[] = {-1, -1, -1, -1};
	int result = -1;

	*qemu = (struct qemu){.console = -1, .channel = -1, .errors = -1, .ram = -1, .qmp.fd = -1};
	qemu->ram = memfd_create("machine-ram", MFD_CLOEXEC);
	if (qemu->ram < 0 || ftruncate(qemu->ram, (off_t)ram_size(config)))
		return -1;
	for (int i = 0; i < 4; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
			goto out;
		*ours[i] = pair[0];
		theirs[i] = pair[1];
	}
	result = spawn(qemu, config, boot, theirs);
out:
	for (int i = 0; i < 4; i++)
		if (theirs[i] >= 0)
			close(theirs[i]);
	return result;
}

/* What saving and restoring begin with. */
static int open_qmp(struct qmp *qmp, int timeout_ms)
{
	if (qmp_command(qmp, "{\"execute\": \"qmp_capabilities\"}\n", -1, timeout_ms))
		return -1;
	return qmp_command(qmp,
			   "{\"execute\": \"migrate-set-capabilities\", \"arguments\": {"
			   "\"capabilities\": ["
			   "{\"capability\": \"x-ignore-shared\", \"state\": true},"
			   "{\"capability\": \"events\", \"state\": true}]}}\n",
			   -1, timeout_ms);
}

int qemu_save(struct qemu *qemu, int state, int ram, int timeout_ms)
{
	struct qmp *qmp = &qemu->qmp;

	/*
	 * The transfer stops the machine at its end; one that had been stopped
	 * before would still be so after a restore.
	 */
	if (open_qmp(qmp, timeout_ms) ||
	    qmp_command(qmp, "{\"execute\": \"getfd\", \"arguments\": {\"fdname\": \"state\"}}\n",
			state, timeout_ms) ||
	    qmp_command(qmp, "{\"execute\": \"migrate\", \"arguments\": {\"uri\": \"fd:state\"}}\n",
			-1, timeout_ms) ||
	    qmp_wait_migration(qmp, timeout_ms))
		return -1;
	if (ram_pack(qemu->ram, (uint64_t)lseek(qemu->ram, 0, SEEK_END), ram)) {
		snprintf(qmp->line, sizeof(qmp->line), "cannot write the snapshot's RAM: %s",
			 strerror(errno));
		return -1;
	}
	return 0;
}

int qemu_restore(struct qemu *qemu, const struct qemu_config *config, int state, int ram,
		 int timeout_ms)
{
	struct qmp *qmp = &qemu->qmp;

	/* QEMU comes up meanwhile. */
	if (ram_unpack(qemu->ram, ram_size(config), ram)) {
		snprintf(qmp->line, sizeof(qmp->line), "the snapshot's RAM can't be used: %s",
			 errno == EBADMSG ? "the file is damaged, or of another machine"
					  : strerror(errno));
		return -1;
	}
	if (open_qmp(qmp, timeout_ms) ||
	    qmp_command(qmp, "{\"execute\": \"getfd\", \"arguments\": {\"fdname\": \"state\"}}\n",
			state, timeout_ms) ||
	    qmp_command(
		    qmp,
		    "{\"execute\": \"migrate-incoming\", \"arguments\": {\"uri\": \"fd:state\"}}\n",
		    -1, timeout_ms))
		return -1;
	return qmp_wait_migration(qmp, timeout_ms);
}

void qemu_end(struct qemu *qemu)
{
	const int fds[] = {qemu->console, qemu->channel, qemu->errors, qemu->ram, qemu->qmp.fd};

	end_child(qemu->pid);
	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	*qemu = (struct qemu){.console = -1, .channel = -1, .errors = -1, .ram = -1, .qmp.fd = -1};
}
