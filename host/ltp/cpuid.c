// SPDX-License-Identifier: MIT
#include "host/engine/arch.h"
#include "host/ltp/report.h"
#include "kvm_test.h"

struct kvm_cpuid2 *tst_kvm_get_cpuid(int sysfd)
{
	struct kvm_cpuid2 *list;
	struct engine_error error;

	if (!arch_supported_cpuid(sysfd, &list, &error))
		lib_brk(TBROK, "tst_kvm_get_cpuid(sysfd): %s", error.text);
	return list;
}
