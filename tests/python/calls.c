/* The C side of test_calls.py. */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>

#include "calls.h"

int add(int a, int b) { return a + b; }
long long many(char a, short b, int c, long d, long long e, unsigned f, unsigned char g, long h, int i)
{ return a + 2 * b + 3 * c + 4 * d + 5 * e + 6LL * f + 7 * g + 8 * h + 9 * i; }
double floats(float a, double b, float c, double d, double e, double f, double g, double h, double i)
{ return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i; }
struct pair make_pair(int x, double y) { struct pair p = { x, y }; return p; }
double sum_pair(struct pair p) { return p.x + p.y; }
struct doubles swap(struct doubles d, struct doubles e) { struct doubles r = { e.a + d.b, e.b + d.a }; return r; }
struct large make_large(long start) { struct large l; for (int i = 0; i < 6; i++) l.v[i] = start + i; return l; }
long sum_large(struct large l, int extra) { long s = extra; for (int i = 0; i < 6; i++) s += l.v[i]; return s; }
int sum_bits(struct bits b) { return b.a * 1000 + b.b; }
union either as_float(union either e) { e.f = e.i; return e; }
struct bytes3 reverse(struct bytes3 b) { char c = b.c[0]; b.c[0] = b.c[2]; b.c[2] = c; return b; }
long double half(long double x) { return x / 2; }
_Bool negate(_Bool b) { return !b; }
long sum(const int *numbers, long count) { long s = 0; while (count-- > 0) s += *numbers++; return s; }
int set_errno(int value) { int old = errno; errno = value; return old; }
int variadic(int count, ...)
{ va_list ap; int s = 0; va_start(ap, count); while (count-- > 0) s += va_arg(ap, int); va_end(ap); return s; }
int call(int (*callback)(int), int argument) { return callback(argument); }
struct pair call_struct(struct pair (*callback)(struct pair, double), int x)
{ struct pair p = { x, x * 0.5 }; return callback(p, 0.25); }
struct job { int (*callback)(int); int argument, result; };
static void *run(void *data) { struct job *j = data; j->result = j->callback(j->argument); return 0; }
int call_in_thread(int (*callback)(int), int argument)
{ struct job j = { callback, argument, 0 }; pthread_t t;
  if (pthread_create(&t, 0, run, &j)) return -1; pthread_join(t, 0); return j.result; }
