// SPDX-License-Identifier: MIT
/* Does not run: real_mode_test.cc puts other code in its place. */
#include "kvm_test.h"
