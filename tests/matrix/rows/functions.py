"""Functions: every kind of argument and result, and many arguments."""

SOURCE = r"""
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <wchar.h>

static signed char schar(signed char x) { return (signed char)(x + 1); }
static unsigned char uchar(unsigned char x) { return (unsigned char)(x + 1); }
static short sshort(short x) { return (short)(x + 1); }
static unsigned short ushort_(unsigned short x) { return (unsigned short)(x + 1); }
static int sint(int x) { return x + 1; }
static unsigned int uint_(unsigned int x) { return x + 1; }
static long slong(long x) { return x + 1; }
static unsigned long ulong_(unsigned long x) { return x + 1; }
static long long sllong(long long x) { return x + 1; }
static unsigned long long ullong(unsigned long long x) { return x + 1; }
static int8_t i8(int8_t x) { return (int8_t)(x + 1); }
static uint64_t u64(uint64_t x) { return x + 1; }
static intptr_t iptr(intptr_t x) { return x; }
static size_t length(const char *text) { return strlen(text); }
static ssize_t difference(size_t a, size_t b) { return (ssize_t)a - (ssize_t)b; }
static _Bool negate(_Bool x) { return !x; }
static char next_char(char c) { return (char)(c + 1); }
static wchar_t next_wchar(wchar_t c) { return (wchar_t)(c + 1); }
static float halve(float x) { return x / 2; }
static double twice(double x) { return x * 2; }
static long double keep(long double x) { return x; }
static int answer(void) { return 42; }
static int calls;
static void count(void) { calls++; }
static int counted(void) { return calls; }
static int many(int a, double b, char c, long d, short e, float f, void *g, unsigned h,
                long long i, double j, unsigned char k, int l)
{
    return a + (int)b + c + (int)d + e + (int)f + (g != NULL) + (int)h + (int)i + (int)j + k + l;
}
static int sum(const int *numbers, size_t count)
{
    int total = 0;
    while (count-- > 0)
        total += numbers[count];
    return total;
}
static void fill(char *buffer, int size) { memset(buffer, 'x', (size_t)size); }
static char *find(const char *text, int c) { return (char *)strchr(text, c); }
static void *same(void *p) { return p; }
static int total_length(const char *const *words, int count)
{
    int total = 0;
    while (count-- > 0)
        total += (int)strlen(words[count]);
    return total;
}
static const int *table(void) { static const int numbers[3] = {1, 2, 3}; return numbers; }
"""

CDEF = """
signed char schar(signed char);
unsigned char uchar(unsigned char);
short sshort(short);
unsigned short ushort_(unsigned short);
int sint(int);
unsigned int uint_(unsigned int);
long slong(long);
unsigned long ulong_(unsigned long);
long long sllong(long long);
unsigned long long ullong(unsigned long long);
int8_t i8(int8_t);
uint64_t u64(uint64_t);
intptr_t iptr(intptr_t);
size_t length(const char *text);
ssize_t difference(size_t a, size_t b);
_Bool negate(_Bool);
char next_char(char);
wchar_t next_wchar(wchar_t);
float halve(float);
double twice(double);
long double keep(long double);
int answer(void);
void count(void);
int counted(void);
int many(int, double, char, long, short, float, void *, unsigned, long long, double,
         unsigned char, int);
int sum(const int *numbers, size_t count);
void fill(char *buffer, int size);
char *find(const char *text, int c);
void *same(void *);
int total_length(const char *const *words, int count);
const int *table(void);
"""


def build():
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(CDEF)
    ffi.set_source("_functions", SOURCE)
    return [ffi]


def exercise():
    from _functions import ffi, lib
    from support import refuses

    for name, bits in [("schar", 8), ("sshort", 16), ("sint", 32), ("sllong", 64), ("i8", 8)]:
        function = getattr(lib, name)
        assert function(-(2 ** (bits - 1))) == 1 - 2 ** (bits - 1), name
        assert function(41) == 42, name
        refuses(OverflowError, function, 2 ** (bits - 1))
        refuses(TypeError, function, "1")
    for name, bits in [("uchar", 8), ("ushort_", 16), ("uint_", 32), ("ullong", 64), ("u64", 64)]:
        function = getattr(lib, name)
        assert function(2**bits - 2) == 2**bits - 1, name
        refuses(OverflowError, function, 2**bits)
        refuses(OverflowError, function, -1)
    assert lib.slong(-1) == 0
    assert lib.ulong_(7) == 8
    assert lib.iptr(-5) == -5
    assert lib.length(b"four") == 4
    assert lib.difference(3, 5) == -2
    assert lib.negate(True) is False
    assert lib.negate(0) is True
    assert lib.next_char(b"a") == b"b"
    assert lib.next_wchar("a") == "b"
    assert lib.halve(5) == 2.5
    assert lib.twice(1.25) == 2.5
    assert float(lib.keep(1.5)) == 1.5
    assert lib.answer() == 42
    refuses(TypeError, lib.answer, 1)
    before = lib.counted()
    assert lib.count() is None
    assert lib.counted() == before + 1
    assert lib.many(1, 2.0, b"\x03", 4, 5, 6.0, ffi.NULL, 8, 9, 10.0, 11, 12) == 71
    refuses(TypeError, lib.many, 1, 2)
    assert lib.sum([1, 2, 3], 3) == 6
    assert lib.sum(list(range(1000)), 1000) == 499500
    assert lib.sum([1] * 1000000, 1000000) == 1000000
    assert lib.sum(ffi.new("int[]", [4, 5]), 2) == 9
    refuses(TypeError, lib.sum, ffi.new("long[]", [4, 5]), 2)
    buffer = ffi.new("char[]", 4)
    lib.fill(buffer, 3)
    assert ffi.string(buffer) == b"xxx"
    assert ffi.string(lib.find(buffer, ord("x"))) == b"xxx"
    assert lib.find(buffer, ord("y")) == ffi.NULL
    assert lib.same(buffer) == ffi.cast("void *", buffer)
    words = [ffi.new("char[]", word) for word in (b"one", b"three")]
    assert lib.total_length(words, 2) == 8
    assert ffi.unpack(lib.table(), 3) == [1, 2, 3]
    assert ffi.typeof(lib.sum).args[0] is ffi.typeof("int *")
    assert ffi.typeof("int(*)(const int *, size_t)") is ffi.typeof(ffi.addressof(lib, "sum"))
    assert ffi.addressof(lib, "sint")(1) == 2
    refuses(AttributeError, getattr, lib, "no_such_function")
    assert "sum" in dir(lib)
