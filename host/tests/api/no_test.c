// SPDX-License-Identifier: MIT
/* A controller that was forgotten to have a test: runner_test.sh runs it. */
#include "kvm_test.h"
