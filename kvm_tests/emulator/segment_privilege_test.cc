// SPDX-License-Identifier: MIT
// A user who loads a data segment of the kernel gets #GP, whatever the selector's RPL: CPL
// and RPL have both to be at most DPL (SDM Vol. 3 "Privilege Level Checking When Accessing
// Data Segments").
#include "instructions_fixture.h"

namespace
{

using SegmentPrivilege = kvm_tests::InstructionsTest;

TEST_F(SegmentPrivilege, OfUsersIsChecked)
{
	Run("privilege");
}

} // namespace
