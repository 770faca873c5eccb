/* The library that the snippets call; see fixture.h. */

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <uchar.h>
#include <wchar.h>

#include "fixture.h"

#define TYPE(name, type)                                             \
    type id_##name(type value) { return value; }                     \
    type global_##name;                                              \
    type call_##name(type (*function)(type), type value)             \
    {                                                                \
        return function(value);                                      \
    }

TYPE(char, char)
TYPE(signed_char, signed char)
TYPE(unsigned_char, unsigned char)
TYPE(short, short)
TYPE(unsigned_short, unsigned short)
TYPE(int, int)
TYPE(unsigned_int, unsigned int)
TYPE(long, long)
TYPE(unsigned_long, unsigned long)
TYPE(long_long, long long)
TYPE(unsigned_long_long, unsigned long long)
TYPE(int8_t, int8_t)
TYPE(uint64_t, uint64_t)
TYPE(ssize_t, ssize_t)
TYPE(bool, _Bool)
TYPE(wchar_t, wchar_t)
TYPE(char16_t, char16_t)
TYPE(char32_t, char32_t)
TYPE(float, float)
TYPE(double, double)
TYPE(long_double, long double)
TYPE(float_complex, float _Complex)
TYPE(double_complex, double _Complex)
TYPE(enum_E, enum E)
TYPE(enum_negative, enum negative)
TYPE(enum_large, enum large)
TYPE(int_p, int *)
TYPE(char_p, char *)
TYPE(const_char_p, const char *)
TYPE(void_p, void *)
TYPE(signed_char_p, signed char *)
TYPE(unsigned_char_p, unsigned char *)
TYPE(bool_p, _Bool *)
TYPE(wchar_t_p, wchar_t *)
TYPE(char16_t_p, char16_t *)
TYPE(double_p, double *)
TYPE(struct_S_p, struct S *)
TYPE(union_U_p, union U *)
TYPE(opaque_p, struct opaque *)
TYPE(int_pp, int **)
TYPE(char_pp, char **)
TYPE(function, function_t)
TYPE(array_p, three_ints_p)
TYPE(struct_S, struct S)
TYPE(struct_one, struct one)
TYPE(struct_nested, struct nested)
TYPE(union_U, union U)
TYPE(struct_bits, struct bits)

void do_nothing(void) {}
int no_arguments(void) { return 42; }
int add_three(int a, int b, int c) { return a + b * 10 + c * 100; }
int set_errno(int value) { return errno = value; }
int get_errno(void) { return errno; }

int sum_of(int count, ...)
{
    int sum = 0;
    va_list arguments;
    va_start(arguments, count);
    for (int i = 0; i < count; i++)
        sum += va_arg(arguments, int);
    va_end(arguments);
    return sum;
}

long sum_array(int *items, int count)
{
    long sum = 0;
    for (int i = 0; i < count; i++)
        sum += items[i];
    return sum;
}

int first_char(char *string) { return string ? string[0] : -1; }

int sum_bytes(unsigned char *bytes, int count)
{
    int sum = 0;
    for (int i = 0; i < count; i++)
        sum = sum * 31 + bytes[i];
    return sum;
}

void call_void(void (*function)(void)) { function(); }

int call_three(int (*function)(int, double, char *), int a, double b, char *c)
{
    return function(a, b, c);
}

int array[4] = {1, 2, 3, 4};
int unsized_array[] = {5, 6, 7};
const int constant = 9;
char text[10] = "hello";
const char *name = "world";
struct S record = {1, 2, 3.5, "abc"};
union U variant;
struct opaque *opaque_pointer;
int (*function_pointer)(int) = id_int;
