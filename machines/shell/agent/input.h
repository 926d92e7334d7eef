/* SPDX-License-Identifier: MIT */
/* What comes in from the shell: the other way of the stream that the machine's output takes. */
#ifndef RINGSIDE_MACHINES_SHELL_AGENT_INPUT_H
#define RINGSIDE_MACHINES_SHELL_AGENT_INPUT_H

#include <stdbool.h>
#include <stddef.h>

/** input_open() - find out where input comes from; exits when nowhere */
void input_open(void);

/** input_descriptor() - a descriptor that is readable when there is input; -1: look for it */
int input_descriptor(void);

/** input_interval_ms() - how often to look for input, for poll(); -1: there is a descriptor */
int input_interval_ms(void);

/**
 * input_read() - read what there is, without waiting
 * @data: where to
 * @size: of @data
 * @readable: whether the descriptor was found readable
 *
 * Return: how many bytes came.
 */
size_t input_read(void *data, size_t size, bool readable);

#endif /* RINGSIDE_MACHINES_SHELL_AGENT_INPUT_H */
