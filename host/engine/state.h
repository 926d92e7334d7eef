/* SPDX-License-Identifier: MIT */
/* The state of a machine whose CPUs rest: saved, loaded, compared. */
#ifndef RINGSIDE_HOST_ENGINE_STATE_H
#define RINGSIDE_HOST_ENGINE_STATE_H

#include "host/engine/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

struct engine_state;

/*
 * Everything that KVM tells of @vm, and its memory. No CPU may run. Exits that
 * wait for KVM_RUN are completed before (engine_settle()). NULL with the reason.
 */
struct engine_state *engine_save(struct engine_vm *vm, struct engine_error *error);

/*
 * Puts @vm into that state. False with the reason: before anything has been
 * changed if the configurations differ; else the machine is of no use any more.
 */
bool engine_load(struct engine_vm *vm, const struct engine_state *state,
		 struct engine_error *error);

/* Whether @state can be loaded into @vm: both have the same CPUs, irqchip, memory, payload. */
bool engine_fits(struct engine_vm *vm, const struct engine_state *state,
		 struct engine_error *error);

/*
 * As engine_load(), for a state of this very machine: what is as it was is left alone.
 */
bool engine_reset(struct engine_vm *vm, struct engine_state *state, struct engine_error *error);

void engine_free_state(struct engine_state *state);

/* What differs between two states: lines, for the caller to free(). */
struct engine_differences {
	char *text; /* NULL: nothing */
	size_t size;
	unsigned int count; /* of differences, also of those that are not listed */
	bool no_memory;
};

void engine_compare(const struct engine_state *a, const struct engine_state *b,
		    struct engine_differences *found);

/* Adds a line, if there are not many already. */
void engine_differ(struct engine_differences *found, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* --- Memory (state_memory.c) ------------------------------------------------- */

struct engine_saved_memory; /* of all memslots */

struct engine_saved_memory *engine_save_memory(struct engine_vm *vm, struct engine_error *error);
bool engine_load_memory(struct engine_vm *vm, const struct engine_saved_memory *memory,
			struct engine_error *error);
bool engine_reset_memory(struct engine_vm *vm, struct engine_saved_memory *memory,
			 struct engine_error *error);
bool engine_memory_fits(struct engine_vm *vm, const struct engine_saved_memory *memory,
			struct engine_error *error);
void engine_compare_memory(const struct engine_saved_memory *a, const struct engine_saved_memory *b,
			   struct engine_differences *found);
void engine_free_memory(struct engine_saved_memory *memory);

/* --- Shadow pages (shadow.c) -------------------------------------------------- */

/*
 * After the host has changed memory in which a guest that has run may have page tables:
 * KVM forgets what it has made of them. It costs something only where there is any.
 */
bool engine_drop_shadows(struct engine_vm *vm, struct engine_error *error);

/* Releases what that needed, of a VM or CPU. */
void engine_close_count(struct engine_count *count);

#ifdef __cplusplus
}
#endif

#endif /* RINGSIDE_HOST_ENGINE_STATE_H */
