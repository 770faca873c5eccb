"""Constants whose value the C compiler knows, and constants of several types."""

SOURCE = r"""
#include <stdint.h>
#define SMALL 42
#define NEGATIVE -7
#define ZERO 0
#define LARGEST UINT64_MAX
#define LOWEST (-9223372036854775807LL - 1)
#define CHARACTER 'x'
#define FIXED 0x10
#define SIGNED_FIXED (-5)
enum { FROM_ENUM = 1234567890123 % 1000 };
static const int port = 8080;
static const unsigned char octet = 200;
#define PI 3.14159265358979
#define GREETING "hello"
static char name_[] = "name";
static char *const NAME = name_;
static int target;
#define TARGET ((void *)&target)
struct pair { int a, b; };
static const struct pair PAIR = { 3, 4 };
static int twice(int x) { return 2 * x; }
#define TWICE twice
static const float RATIO = 0.5f;
#define WORDS_COUNT 3
static const char *const words[WORDS_COUNT] = { "one", "two", "three" };
"""

CDEF = """
#define SMALL ...
#define NEGATIVE ...
#define ZERO ...
#define LARGEST ...
#define LOWEST ...
#define CHARACTER ...
#define FIXED 16
#define SIGNED_FIXED -5
#define FROM_ENUM ...
static const int port;
static const unsigned char octet;
static const double PI;
static const char *const GREETING;
static char *const NAME;
static void *const TARGET;
struct pair { int a, b; };
static const struct pair PAIR;
static int (*const TWICE)(int);
static const float RATIO;
#define WORDS_COUNT ...
static const char *const words[...];
"""


def build():
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(CDEF)
    ffi.set_source("_constants", SOURCE)
    return [ffi]


def exercise():
    from _constants import ffi, lib
    from support import refuses

    expected = {
        "SMALL": 42,
        "NEGATIVE": -7,
        "ZERO": 0,
        "LARGEST": 2**64 - 1,
        "LOWEST": -(2**63),
        "CHARACTER": 120,
        "FIXED": 16,
        "SIGNED_FIXED": -5,
        "FROM_ENUM": 123,
        "port": 8080,
        "octet": 200,
        "PI": 3.14159265358979,
        "RATIO": 0.5,
        "WORDS_COUNT": 3,
    }
    for name, value in expected.items():
        assert getattr(lib, name) == value, name
    assert ffi.string(lib.GREETING) == b"hello"
    assert ffi.string(lib.NAME) == b"name"
    assert lib.TARGET != ffi.NULL
    assert (lib.PAIR.a, lib.PAIR.b) == (3, 4)
    assert lib.TWICE(21) == 42
    assert [ffi.string(word) for word in lib.words] == [b"one", b"two", b"three"]
    assert ffi.integer_const("SMALL") == 42
    assert ffi.integer_const("LOWEST") == -(2**63)
    refuses(AttributeError, setattr, lib, "SMALL", 1)
    refuses(AttributeError, setattr, lib, "PI", 1)
    refuses(AttributeError, ffi.integer_const, "NO_SUCH")
