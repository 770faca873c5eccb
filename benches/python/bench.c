/* What the benchmarks call: functions that do as little as a signature allows, so that the way there is what is measured. */

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <uchar.h>
#include <wchar.h>

#include "bench.h"

int total = 5;
struct point origin = { 1, 2 };
struct operations operations = { add };

int noargs(void) { return 7; }
void nothing(void) {}
int add(int a, int b) { return a + b; }
double fma3(double a, double b, double c) { return a * b + c; }
long six(long a, long b, long c, long d, long e, long f) { return a + b + c + d + e + f; }
long long twice(long long n) { return n * 2; }
unsigned char next_byte(unsigned char byte) { return (unsigned char)(byte + 1); }
float halve(float x) { return x / 2; }
bool negate(bool b) { return !b; }
enum color next_color(enum color c) { return c == BLUE ? RED : (enum color)(c + 1); }

struct point make_point(int x, int y) { return (struct point){ x, y }; }
struct box make_box(double side) { return (struct box){ 0, 0, side, side }; }
int dot(struct point a, struct point b) { return a.x * b.x + a.y * b.y; }
double dot_vec(struct vec a, struct vec b) { return a.x * b.x + a.y * b.y; }
double area(struct box b) { return (b.right - b.left) * (b.bottom - b.top); }
int norm(const struct point *p) { return p->x * p->x + p->y * p->y; }

size_t length(const char *s) { return strlen(s); }
size_t length_wide(const wchar_t *s) { return wcslen(s); }
size_t length_16(const char16_t *s)
{
    size_t n = 0;
    while (s[n])
        n++;
    return n;
}
const char *greeting(void) { return "hello"; }
int first(const int *numbers) { return numbers[0]; }
int *forward(int *p) { return p; }
void *forward_void(void *p) { return p; }
int sum_variadic(int count, ...)
{
    va_list list;
    int sum = 0;
    va_start(list, count);
    while (count-- > 0)
        sum += va_arg(list, int);
    va_end(list);
    return sum;
}

int apply(int (*function)(int), int argument) { return function(argument); }
void apply_void(void (*function)(int), int argument) { function(argument); }
double apply_four(double (*function)(double, double, double, double), double x) { return function(x, x, x, x); }
int apply_point(int (*function)(struct point *), struct point *p) { return function(p); }

struct rounds { int (*function)(int); int count; int sum; };

static void *run_rounds(void *data)
{
    struct rounds *rounds = data;
    for (int i = 0; i < rounds->count; i++)
        rounds->sum += rounds->function(i);
    return NULL;
}

int apply_in_thread(int (*function)(int), int count)
{
    struct rounds rounds = { function, count, 0 };
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_rounds, &rounds) != 0)
        return -1;
    pthread_join(thread, NULL);
    return rounds.sum;
}

int (*find_add(void))(int, int) { return add; }
