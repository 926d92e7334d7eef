/* SPDX-License-Identifier: MIT */
/* Memory for lists that grow. */
#ifndef RINGSIDE_MACHINES_RUNNER_MEMORY_H
#define RINGSIDE_MACHINES_RUNNER_MEMORY_H

#include <stddef.h>

/** grow() - realloc() to @count elements of @size bytes; ends the program without memory */
void *grow(void *list, size_t count, size_t size);

#endif /* RINGSIDE_MACHINES_RUNNER_MEMORY_H */
