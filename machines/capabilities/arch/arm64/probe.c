/* SPDX-License-Identifier: MIT */
#include "machines/capabilities/probe.h"

/* All that the table has to be found out so is x86's. */
bool arch_probe(int kvm, const struct capability *capability)
{
	(void)kvm;
	(void)capability;
	return false;
}
