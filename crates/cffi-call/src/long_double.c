/* `long double` for Rust, which has no such type. Every function takes the value by address, aligned or not. */

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long double load(const void *place)
{
    long double value;
    memcpy(&value, place, sizeof value);
    return value;
}

static void store(void *place, long double value)
{
    /* The object representation has padding on some targets; a fresh value leaves it alone. */
    memcpy(place, &value, sizeof value);
}

double cffi_long_double_to_double(const void *place) { return (double)load(place); }
void cffi_long_double_from_double(void *place, double value) { store(place, (long double)value); }
void cffi_long_double_from_i64(void *place, long long value) { store(place, (long double)value); }
void cffi_long_double_from_u64(void *place, unsigned long long value) { store(place, (long double)value); }
int cffi_long_double_is_zero(const void *place) { return load(place) == 0.0L; }
int cffi_long_double_to_text(const void *place, char *text, size_t size)
{
    return snprintf(text, size, "%LE", load(place));
}

void cffi_long_double_add(void *place, const void *other) { store(place, load(place) + load(other)); }
int cffi_long_double_is_nan(const void *place) { return isnan(load(place)) != 0; }
int cffi_long_double_is_infinite(const void *place) { return isinf(load(place)) != 0; }

/* -1, 0 or 1; 2 where there is no order: one of them is not a number. */
int cffi_long_double_compare(const void *left_place, const void *right_place)
{
    long double left = load(left_place), right = load(right_place);
    if (isunordered(left, right))
        return 2;
    return (left > right) - (left < right);
}

/* The integral part in decimal digits. */
int cffi_long_double_to_digits(const void *place, char *text, size_t size)
{
    return snprintf(text, size, "%.0Lf", truncl(load(place)));
}

/* 1 if all of the text is a number. Leaves errno alone: a number out of range becomes infinite or zero. */
int cffi_long_double_from_text(void *place, const char *text)
{
    int saved = errno;
    char *end;
    long double value = strtold(text, &end);
    errno = saved;
    if (end == text || *end != '\0')
        return 0;
    store(place, value);
    return 1;
}

/* A function that returns what another one stores: compiled modules of CFFI call it for their `long double` arguments. */
static void (*source_of_values)(void *object, void *place);

static long double value_of(void *object)
{
    long double value = -1;
    source_of_values(object, &value);
    return value;
}

void (*cffi_long_double_returning_function(void (*source)(void *, void *)))(void)
{
    source_of_values = source;
    return (void (*)(void))value_of;
}

#if defined(__x86_64__) && !defined(_WIN32)
#include <stdint.h>

/* A call whose result is in st(0), which no function type of Rust says. The words are those of an image (trampoline.rs). Called as a
   variadic function it takes every register and stack word where a function with a prototype looks for them, too. */
void cffi_call_for_long_double(void (*function)(void), const uint64_t *words, void *result)
{
    double floats[8];
    const uint64_t *w = words, *s = words + 14;
    memcpy(floats, words + 6, sizeof floats);
    store(result, ((long double (*)(uint64_t, ...))function)(
        w[0], w[1], w[2], w[3], w[4], w[5],
        floats[0], floats[1], floats[2], floats[3], floats[4], floats[5], floats[6], floats[7],
        s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9], s[10], s[11], s[12], s[13], s[14], s[15]));
}
#endif
