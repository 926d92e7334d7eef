/* SPDX-License-Identifier: MIT */
/*
 * Calls of <pthread.h> that break the test when they fail, naming the caller's
 * file and line, the call and the error. Arguments are those of the call.
 */
#ifndef RINGSIDE_HOST_TST_SAFE_PTHREAD_H
#define RINGSIDE_HOST_TST_SAFE_PTHREAD_H

#include <pthread.h>

#include "tst_test.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SAFE_PTHREAD_CREATE(thread, attr, func, arg) \
	safe_pthread_create(__FILE__, __LINE__, (thread), (attr), (func), (arg))
#define SAFE_PTHREAD_JOIN(thread, retval) safe_pthread_join(__FILE__, __LINE__, (thread), (retval))
#define SAFE_PTHREAD_KILL(thread, sig) safe_pthread_kill(__FILE__, __LINE__, (thread), (sig))

#define SAFE_PTHREAD_MUTEX_INIT(mutex, attr) \
	safe_pthread_mutex_init(__FILE__, __LINE__, (mutex), (attr))
#define SAFE_PTHREAD_MUTEX_DESTROY(mutex) safe_pthread_mutex_destroy(__FILE__, __LINE__, (mutex))
#define SAFE_PTHREAD_MUTEX_LOCK(mutex) safe_pthread_mutex_lock(__FILE__, __LINE__, (mutex))
#define SAFE_PTHREAD_MUTEX_UNLOCK(mutex) safe_pthread_mutex_unlock(__FILE__, __LINE__, (mutex))
/* 0, or EBUSY when another thread holds the mutex: that is no failure. */
#define SAFE_PTHREAD_MUTEX_TRYLOCK(mutex) safe_pthread_mutex_trylock(__FILE__, __LINE__, (mutex))
/* 0, or ETIMEDOUT at the time @abstime (CLOCK_REALTIME): that is no failure. */
#define SAFE_PTHREAD_MUTEX_TIMEDLOCK(mutex, abstime) \
	safe_pthread_mutex_timedlock(__FILE__, __LINE__, (mutex), (abstime))

#define SAFE_PTHREAD_MUTEXATTR_INIT(attr) safe_pthread_mutexattr_init(__FILE__, __LINE__, (attr))
#define SAFE_PTHREAD_MUTEXATTR_DESTROY(attr) \
	safe_pthread_mutexattr_destroy(__FILE__, __LINE__, (attr))
#define SAFE_PTHREAD_MUTEXATTR_SETTYPE(attr, type) \
	safe_pthread_mutexattr_settype(__FILE__, __LINE__, (attr), (type))

int safe_pthread_create(const char *file, int line, pthread_t *thread, const pthread_attr_t *attr,
			void *(*func)(void *), void *arg);
int safe_pthread_join(const char *file, int line, pthread_t thread, void **retval);
int safe_pthread_kill(const char *file, int line, pthread_t thread, int sig);
int safe_pthread_mutex_init(const char *file, int line, pthread_mutex_t *mutex,
			    const pthread_mutexattr_t *attr);
int safe_pthread_mutex_destroy(const char *file, int line, pthread_mutex_t *mutex);
int safe_pthread_mutex_lock(const char *file, int line, pthread_mutex_t *mutex);
int safe_pthread_mutex_unlock(const char *file, int line, pthread_mutex_t *mutex);
int safe_pthread_mutex_trylock(const char *file, int line, pthread_mutex_t *mutex);
int safe_pthread_mutex_timedlock(const char *file, int line, pthread_mutex_t *mutex,
				 const struct timespec *abstime);
int safe_pthread_mutexattr_init(const char *file, int line, pthread_mutexattr_t *attr);
int safe_pthread_mutexattr_destroy(const char *file, int line, pthread_mutexattr_t *attr);
int safe_pthread_mutexattr_settype(const char *file, int line, pthread_mutexattr_t *attr, int type);

#ifdef __cplusplus
}
#endif

#endif /* RINGSIDE_HOST_TST_SAFE_PTHREAD_H */
