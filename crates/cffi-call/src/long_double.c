/* `long double` for Rust, which has no such type. Every function takes the value by address, aligned or not. */

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
