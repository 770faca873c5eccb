/* What the benchmarks call: functions that do as little as a signature allows, so that the way there is what is measured. */

#include <string.h>

struct point { int x, y; };
struct box { double left, top, right, bottom; };

void noargs(void) {}
int add(int a, int b) { return a + b; }
double fma3(double a, double b, double c) { return a * b + c; }
long six(long a, long b, long c, long d, long e, long f) { return a + b + c + d + e + f; }
struct point make_point(int x, int y) { return (struct point){ x, y }; }
struct box make_box(double side) { return (struct box){ 0, 0, side, side }; }
int dot(struct point a, struct point b) { return a.x * b.x + a.y * b.y; }
double area(struct box b) { return (b.right - b.left) * (b.bottom - b.top); }
size_t length(const char *s) { return strlen(s); }
int first(const int *numbers) { return numbers[0]; }
int apply(int (*function)(int), int argument) { return function(argument); }
int sum_variadic(int count, ...)
{
    __builtin_va_list list;
    int sum = 0;
    __builtin_va_start(list, count);
    while (count-- > 0)
        sum += __builtin_va_arg(list, int);
    __builtin_va_end(list);
    return sum;
}
