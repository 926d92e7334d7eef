/* SPDX-License-Identifier: MIT */
/* The host, at the other end of the channel (machines/channel/channel.h). */
#ifndef RINGSIDE_MACHINES_INIT_HOST_H
#define RINGSIDE_MACHINES_INIT_HOST_H

#include <stdbool.h>

#include "machines/channel/channel.h"

/** host_open() - open the channel, through what the kernel's command line says there is */
void host_open(void);

/** host_is_open() - whether the host can be told something */
bool host_is_open(void);

/** host_wait() - have the snapshot made; returns in a machine that is restored from it */
void host_wait(void);

/**
 * host_receive() - wait for the next frame
 *
 * Return: a valid one, until the next call; dies of another.
 */
const struct channel_frame *host_receive(void);

/** host_send() - send a frame whose data are @size bytes */
void host_send(enum channel_type type, const void *data, size_t size);

/** host_send_text() - send a frame whose data are a text, cut off where it is too long */
void host_send_text(enum channel_type type, const char *text);

/**
 * host_send_file() - begin a file
 * @path: its path
 * @size: of its bytes, which follow
 */
void host_send_file(const char *path, uint64_t size);

/** host_end() - all is said: wait for the host to end the machine, when it has read that */
void host_end(void) __attribute__((noreturn));

/** host_descriptor() - one that is readable when the host has sent something; -1: ask */
int host_descriptor(void);

/** host_has_sent() - whether there is something for host_receive(), where no descriptor tells */
bool host_has_sent(void);

#endif /* RINGSIDE_MACHINES_INIT_HOST_H */
