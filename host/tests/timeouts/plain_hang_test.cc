// SPDX-License-Identifier: MIT
// The same guest in a GoogleTest test that has no limit of its own.
#include "ringside/kvm_gtest.h"

namespace
{

TEST(Plain, Hangs)
{
	tst_kvm_instance vm = {};

	tst_kvm_create_instance(&vm, DEFAULT_RAM_SIZE);
	tst_kvm_run_instance(&vm, 0);
	tst_kvm_destroy_instance(&vm);
}

} // namespace
