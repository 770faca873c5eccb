/* What test_lifetime.py, test_leaks.py and test_threads.py declare with cdef(), and lifetime.c defines. */
struct pair { int x; double y; };
struct large { long v[6]; };
struct holder { int (*f)(int); };
typedef int (*callback_t)(int);
int add(int a, int b);
double add_doubles(double a, double b);
long length(const char *text);
long sum(const int *numbers, long count);
struct pair make_pair(int x, double y);
double sum_pair(struct pair p);
struct large make_large(long start);
long sum_large(struct large l);
int variadic(int count, ...);
int set_errno(int value);
int get_errno(void);

int call(callback_t callback, int argument);
/* The sum of `count` calls, with 0, 1, ... */
long call_times(callback_t callback, int count);
int call_holder(struct holder *holder, int argument);
double call_double(double (*callback)(double), double x);
struct pair call_pair(struct pair (*callback)(struct pair), struct pair p);
char *call_text(char *(*callback)(char *), char *text);
void call_void(void (*callback)(void *), void *data);

/* `threads` threads, one after the other; each calls `rounds` times. The number of results that are not argument + 1. */
int call_in_sequence(callback_t callback, int threads, int rounds);
/* The same at once. */
int call_at_once(callback_t callback, int threads, int rounds);
/* Each of the threads sets errno to its own number, calls back, and looks at errno. The number of wrong ones. */
int errno_at_once(callback_t callback, int threads, int rounds);

/* Threads that call for as long as the process lives, with `pause` microseconds in between. */
int call_for_ever(callback_t callback, int threads, int pause);
long calls_for_ever(void);
/* exit() calls back `rounds` times, and then waits: the interpreter is gone by then. Prints the last result. */
int call_at_exit(callback_t callback, int rounds, int wait_microseconds);

/* A destructor that counts. */
void destroy(void *p);
long destroyed(void);
/* exit() prints how often destroy() was called. */
void print_destroyed_at_exit(void);
