// SPDX-License-Identifier: MIT
#include "greeting.h"

const char *greeting()
{
	return "hello";
}
