// SPDX-License-Identifier: MIT
#include "host/ltp/blocked.h"

#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct tst_blocked *all;

void tst_blocked_begin(struct tst_blocked *blocked)
{
	pthread_mutex_lock(&lock);
	blocked->next = all;
	all = blocked;
	pthread_mutex_unlock(&lock);
}

void tst_blocked_end(struct tst_blocked *blocked)
{
	struct tst_blocked **link;

	pthread_mutex_lock(&lock);
	for (link = &all; *link; link = &(*link)->next) {
		if (*link == blocked) {
			*link = blocked->next;
			break;
		}
	}
	pthread_mutex_unlock(&lock);
}

void tst_blocked_describe(char *buf, size_t size)
{
	const struct tst_blocked *blocked;
	size_t used = 0;

	buf[0] = '\0';
	pthread_mutex_lock(&lock);
	for (blocked = all; blocked && used < size; blocked = blocked->next)
		used += snprintf(buf + used, size - used, "%s%s at %s:%d",
				 used ? ", " : "; waiting: ", blocked->call, blocked->file,
				 blocked->line);
	pthread_mutex_unlock(&lock);
}
