/* The C side of test_lifetime.py, test_leaks.py and test_threads.py. */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lifetime.h"

int add(int a, int b) { return a + b; }
double add_doubles(double a, double b) { return a + b; }
long length(const char *text) { return text ? (long)strlen(text) : -1; }
long sum(const int *numbers, long count) { long s = 0; while (count-- > 0) s += *numbers++; return s; }
struct pair make_pair(int x, double y) { struct pair p = { x, y }; return p; }
double sum_pair(struct pair p) { return p.x + p.y; }
struct large make_large(long start) { struct large l; for (int i = 0; i < 6; i++) l.v[i] = start + i; return l; }
long sum_large(struct large l) { long s = 0; for (int i = 0; i < 6; i++) s += l.v[i]; return s; }
int variadic(int count, ...)
{ va_list ap; int s = 0; va_start(ap, count); while (count-- > 0) s += va_arg(ap, int); va_end(ap); return s; }
int set_errno(int value) { int old = errno; errno = value; return old; }
int get_errno(void) { return errno; }

int call(callback_t callback, int argument) { return callback(argument); }
long call_times(callback_t callback, int count)
{ long s = 0; for (int i = 0; i < count; i++) s += callback(i); return s; }
int call_holder(struct holder *holder, int argument) { return holder->f(argument); }
double call_double(double (*callback)(double), double x) { return callback(x); }
struct pair call_pair(struct pair (*callback)(struct pair), struct pair p) { return callback(p); }
char *call_text(char *(*callback)(char *), char *text) { return callback(text); }
void call_void(void (*callback)(void *), void *data) { callback(data); }

enum task { RESULT, ERRNO };
struct job { callback_t callback; enum task task; int number, rounds, wrong; pthread_t thread; };

static void *run(void *data)
{
    struct job *job = data;
    for (int i = 0; i < job->rounds; i++) {
        int argument = job->task == RESULT ? job->number * job->rounds + i : job->number;
        if (job->task == ERRNO)
            errno = 1000 + job->number;
        job->wrong += job->callback(argument) != argument + 1;
        if (job->task == ERRNO)
            job->wrong += errno != 2000 + job->number;
    }
    return NULL;
}

/* On the heap: the numbers of threads are the tests' choice. */
static int run_at_once(callback_t callback, enum task task, int threads, int rounds)
{
    struct job *jobs = calloc(threads, sizeof *jobs);
    int wrong = 0, started = 0;
    for (; started < threads; started++) {
        jobs[started] = (struct job){ callback, task, started, rounds, 0, 0 };
        if (pthread_create(&jobs[started].thread, NULL, run, &jobs[started]))
            break;
    }
    for (int i = 0; i < started; i++) {
        pthread_join(jobs[i].thread, NULL);
        wrong += jobs[i].wrong;
    }
    free(jobs);
    return started == threads ? wrong : -1;
}

int call_in_sequence(callback_t callback, int threads, int rounds)
{
    int wrong = 0;
    for (int i = 0; i < threads; i++) {
        struct job job = { callback, RESULT, i, rounds, 0, 0 };
        if (pthread_create(&job.thread, NULL, run, &job))
            return -1;
        pthread_join(job.thread, NULL);
        wrong += job.wrong;
    }
    return wrong;
}

int call_at_once(callback_t callback, int threads, int rounds)
{ return run_at_once(callback, RESULT, threads, rounds); }
int errno_at_once(callback_t callback, int threads, int rounds)
{ return run_at_once(callback, ERRNO, threads, rounds); }

static callback_t for_ever, at_exit;
static int for_ever_pause, at_exit_rounds, at_exit_wait;
static long for_ever_calls, destroyed_count;

static void *run_for_ever(void *unused)
{
    (void)unused;
    for (int i = 0; ; i++) {
        for_ever(i);
        __atomic_add_fetch(&for_ever_calls, 1, __ATOMIC_SEQ_CST);
        if (for_ever_pause)
            usleep(for_ever_pause);
    }
    return NULL;
}

int call_for_ever(callback_t callback, int threads, int pause)
{
    for_ever = callback;
    for_ever_pause = pause;
    for (int i = 0; i < threads; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, run_for_ever, NULL) || pthread_detach(thread))
            return -1;
    }
    return 0;
}

long calls_for_ever(void) { return __atomic_load_n(&for_ever_calls, __ATOMIC_SEQ_CST); }

static void exit_calls(void)
{
    int last = 0;
    for (int i = 0; i < at_exit_rounds; i++)
        last = at_exit(i);
    if (at_exit_rounds)
        printf("at exit: %d\n", last);
    fflush(stdout);
    usleep(at_exit_wait);
}

int call_at_exit(callback_t callback, int rounds, int wait_microseconds)
{
    at_exit = callback;
    at_exit_rounds = rounds;
    at_exit_wait = wait_microseconds;
    return atexit(exit_calls);
}

void destroy(void *p) { (void)p; __atomic_add_fetch(&destroyed_count, 1, __ATOMIC_SEQ_CST); }
long destroyed(void) { return __atomic_load_n(&destroyed_count, __ATOMIC_SEQ_CST); }
static void print_destroyed(void) { printf("destroyed: %ld\n", destroyed()); fflush(stdout); }
void print_destroyed_at_exit(void) { atexit(print_destroyed); }
