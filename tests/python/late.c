/* Loaded before the interpreter (LD_PRELOAD): lets a thread that C made be held up in the middle of asking for the GIL, as the
   system may do at any time. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>

static int milliseconds, held_up;

/* From now on; 0 for not at all. */
void hold_up_threads(int for_milliseconds) { __atomic_store_n(&milliseconds, for_milliseconds, __ATOMIC_SEQ_CST); }

/* How many are, or have been. */
int threads_held_up(void) { return __atomic_load_n(&held_up, __ATOMIC_SEQ_CST); }

static void hold_up(void)
{
    int duration = __atomic_load_n(&milliseconds, __ATOMIC_SEQ_CST);
    if (duration == 0 || gettid() == getpid())
        return;
    __atomic_add_fetch(&held_up, 1, __ATOMIC_SEQ_CST);
    usleep(duration * 1000);
}

int PyGILState_Ensure(void)
{
    int (*next)(void) = (int (*)(void))dlsym(RTLD_NEXT, "PyGILState_Ensure");
    hold_up();
    return next();
}

void PyEval_RestoreThread(void *state)
{
    void (*next)(void *) = (void (*)(void *))dlsym(RTLD_NEXT, "PyEval_RestoreThread");
    hold_up();
    next(state);
}
