// SPDX-License-Identifier: MIT
#include "tst_test.h"

int tst_parse_int(const char *str, int *val, int min, int max)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(str, &end, 10);
	if (end == str || *end)
		return EINVAL;
	if (errno == ERANGE || value < min || value > max)
		return ERANGE;
	*val = (int)value;
	return 0;
}
