// SPDX-License-Identifier: MIT
/* Needs a library of the machine's: Ringside's toolchain has none. */
#include <cstdio>
#include <zlib.h>

#include "greeting.h"

int main()
{
	printf("%s from zlib %s\n", greeting(), zlibVersion());
	return 0;
}
