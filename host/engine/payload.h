/* SPDX-License-Identifier: MIT */
#ifndef RINGSIDE_HOST_ENGINE_PAYLOAD_H
#define RINGSIDE_HOST_ENGINE_PAYLOAD_H

#include "host/engine/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Checks the image; @ram_needed is the address up to which it needs RAM with @vcpus CPUs. */
bool engine_check_payload(const struct engine_payload *payload, unsigned int vcpus,
			  uint64_t *ram_needed, struct engine_error *error);

/* Copies the checked image into RAM, and tells it and its CPUs' slots what they have. */
void engine_load_payload(struct engine_vm *vm, unsigned char *ram);

#ifdef __cplusplus
}
#endif

#endif /* RINGSIDE_HOST_ENGINE_PAYLOAD_H */
