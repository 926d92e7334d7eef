// SPDX-License-Identifier: MIT
/* An input after which the kernel says that it has warned: on an emulated machine only. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

void main(void)
{
	size_t size;

	tst_input(&size);
}

#else /* COMPILE_PAYLOAD */

#include <string.h>

#include "ringside/fuzz.h"

static void taint(struct tst_kvm_instance *inst, const void *input, size_t size)
{
	const char *machine = getenv("RINGSIDE_MACHINE");
	int file;

	if (!machine || !strcmp(machine, "host"))
		tst_brk(TBROK, "this would taint the host's kernel");
	if (!size)
		return;
	/* sysctl/kernel, "tainted": what is written is added. */
	file = SAFE_OPEN("/proc/sys/kernel/tainted", O_WRONLY);
	if (write(file, "512", 3) != 3)
		tst_brk(TBROK | TERRNO, "cannot taint the kernel");
	SAFE_CLOSE(file);
}

const struct tst_kvm_fuzz tst_kvm_fuzz = {.before = taint};

#endif /* COMPILE_PAYLOAD */
