// SPDX-License-Identifier: MIT
/* TST_TEST_TCONF() in both passes: a test that only skips, with its reason. */
#include "kvm_test.h"

TST_TEST_TCONF("100% of this test is a skip");
