/* SPDX-License-Identifier: MIT */
/* Memory for lists; see memory.h. */
#include "machines/runner/memory.h"

#include <stdlib.h>

#include "machines/runner/message.h"

void *grow(void *list, size_t count, size_t size)
{
	void *longer = reallocarray(list, count, size);

	if (!longer)
		die("out of memory");
	return longer;
}
