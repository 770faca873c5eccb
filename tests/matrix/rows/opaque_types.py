"""Types without members: tags, FILE, pointers to them in fields and arrays."""

SOURCE = r"""
#include <stdio.h>
#include <stdlib.h>
struct engine { int speed; };
union thing { int i; };
static struct engine *start(int speed)
{
    struct engine *engine = (struct engine *)malloc(sizeof(struct engine));
    engine->speed = speed;
    return engine;
}
static int speed(struct engine *engine) { return engine->speed; }
static void stop(struct engine *engine) { free(engine); }
struct car { struct engine *engine; struct engine *spare[2]; union thing *thing; };
static int car_speed(struct car *car) { return car->engine->speed; }
static FILE *temporary(void) { return tmpfile(); }
static int put(FILE *file, const char *text) { return fputs(text, file) >= 0 ? 0 : -1; }
static long where(FILE *file) { return ftell(file); }
"""

CDEF = """
struct engine;
union thing;
struct engine *start(int speed);
int speed(struct engine *engine);
void stop(struct engine *engine);
struct car { struct engine *engine; struct engine *spare[2]; union thing *thing; };
int car_speed(struct car *car);
FILE *temporary(void);
int put(FILE *file, const char *text);
long where(FILE *file);
int fclose(FILE *file);
"""


def build():
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(CDEF)
    ffi.set_source("_opaque_types", SOURCE)
    return [ffi]


def exercise():
    from _opaque_types import ffi, lib
    from support import refuses

    engine = ffi.gc(lib.start(120), lib.stop)
    assert lib.speed(engine) == 120
    car = ffi.new("struct car *", [engine, [engine, ffi.NULL]])
    assert lib.car_speed(car) == 120
    assert car.spare[0] == engine
    assert repr(ffi.typeof("struct engine *")) == "<ctype 'struct engine *'>"
    refuses((TypeError, ffi.error, ValueError), ffi.sizeof, "struct engine")
    refuses((TypeError, ffi.error, ValueError), ffi.new, "union thing *")
    file = lib.temporary()
    assert lib.put(file, b"twelve bytes") == 0
    assert lib.where(file) == 12
    assert lib.fclose(file) == 0
    refuses(TypeError, lib.put, engine, b"")
