/* SPDX-License-Identifier: MIT */
#ifndef RINGSIDE_HOST_ENGINE_PAYLOAD_H
#define RINGSIDE_HOST_ENGINE_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/engine/error.h"

/* Checks the image; @ram_needed is the address up to which it needs RAM. */
bool tst_payload_check(const void *image, size_t size, uint64_t *ram_needed,
		       struct tst_error *error);

/* Copies a checked image into RAM of @ram_size bytes and tells it its size. */
void tst_payload_load(const void *image, size_t size, unsigned char *ram, uint64_t ram_size);

#endif /* RINGSIDE_HOST_ENGINE_PAYLOAD_H */
