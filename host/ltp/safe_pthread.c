// SPDX-License-Identifier: MIT
/* Thread calls that must not fail; they return their error, not errno. */
#include "tst_safe_pthread.h"

#include "host/ltp/blocked.h"

/* @ret itself, if it is 0 or @also; otherwise the test breaks. */
static int check(const char *file, int line, const char *call, int ret, int also)
{
	if (ret && ret != also) {
		errno = ret;
		tst_brk_(file, line, TBROK | TERRNO, "%s()", call);
	}
	return ret;
}

int safe_pthread_create(const char *file, int line, pthread_t *thread, const pthread_attr_t *attr,
			void *(*func)(void *), void *arg)
{
	return check(file, line, "pthread_create", pthread_create(thread, attr, func, arg), 0);
}

int safe_pthread_join(const char *file, int line, pthread_t thread, void **retval)
{
	int ret;

	{
		TST_BLOCKED_IN("pthread_join()", file, line);
		ret = pthread_join(thread, retval);
	}
	return check(file, line, "pthread_join", ret, 0);
}

int safe_pthread_kill(const char *file, int line, pthread_t thread, int sig)
{
	return check(file, line, "pthread_kill", pthread_kill(thread, sig), 0);
}

int safe_pthread_mutex_init(const char *file, int line, pthread_mutex_t *mutex,
			    const pthread_mutexattr_t *attr)
{
	return check(file, line, "pthread_mutex_init", pthread_mutex_init(mutex, attr), 0);
}

int safe_pthread_mutex_destroy(const char *file, int line, pthread_mutex_t *mutex)
{
	return check(file, line, "pthread_mutex_destroy", pthread_mutex_destroy(mutex), 0);
}

int safe_pthread_mutex_lock(const char *file, int line, pthread_mutex_t *mutex)
{
	int ret;

	{
		TST_BLOCKED_IN("pthread_mutex_lock()", file, line);
		ret = pthread_mutex_lock(mutex);
	}
	return check(file, line, "pthread_mutex_lock", ret, 0);
}

int safe_pthread_mutex_unlock(const char *file, int line, pthread_mutex_t *mutex)
{
	return check(file, line, "pthread_mutex_unlock", pthread_mutex_unlock(mutex), 0);
}

int safe_pthread_mutex_trylock(const char *file, int line, pthread_mutex_t *mutex)
{
	return check(file, line, "pthread_mutex_trylock", pthread_mutex_trylock(mutex), EBUSY);
}

int safe_pthread_mutex_timedlock(const char *file, int line, pthread_mutex_t *mutex,
				 const struct timespec *abstime)
{
	return check(file, line, "pthread_mutex_timedlock", pthread_mutex_timedlock(mutex, abstime),
		     ETIMEDOUT);
}

int safe_pthread_mutexattr_init(const char *file, int line, pthread_mutexattr_t *attr)
{
	return check(file, line, "pthread_mutexattr_init", pthread_mutexattr_init(attr), 0);
}

int safe_pthread_mutexattr_destroy(const char *file, int line, pthread_mutexattr_t *attr)
{
	return check(file, line, "pthread_mutexattr_destroy", pthread_mutexattr_destroy(attr), 0);
}

int safe_pthread_mutexattr_settype(const char *file, int line, pthread_mutexattr_t *attr, int type)
{
	return check(file, line, "pthread_mutexattr_settype", pthread_mutexattr_settype(attr, type),
		     0);
}
