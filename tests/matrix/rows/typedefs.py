"""Typedefs: of each other, of arrays of open length; types used before they are complete."""

SOURCE = r"""
#include <stddef.h>
#include <stdint.h>
typedef int number_t;
typedef number_t alias_t;
typedef alias_t triple_t[3];
typedef triple_t table_t[2];
typedef char line_t[80];
typedef short measured_t[9];
struct node { struct node *next; triple_t values; measured_t more; };
typedef struct node node_t;
typedef struct node *list_t;
struct outer;
struct inner { struct outer *up; };
struct outer { struct inner inner; int depth; };
struct self { int (*f)(struct self); struct self *again; };
static int on_self(struct self s) { return s.f == NULL; }
static int sum(triple_t values) { return values[0] + values[1] + values[2]; }
static int rows(table_t *table) { return (*table)[1][2]; }
static int length(list_t list) { int n = 0; for (; list; list = list->next) n++; return n; }
static int last(measured_t *m) { return (*m)[8]; }
static int depth(struct inner *in) { return in->up->depth; }
static uint8_t bytes(const uint8_t *p) { return p[0]; }
"""

CDEF = """
typedef int number_t;
typedef number_t alias_t;
typedef alias_t triple_t[3];
typedef triple_t table_t[2];
typedef char line_t[...];
typedef short measured_t[...];
typedef struct node node_t;
struct node { struct node *next; triple_t values; measured_t more; };
typedef struct node *list_t;
struct inner { struct outer *up; };
struct outer { struct inner inner; int depth; };
struct self { int (*f)(struct self); struct self *again; };
int on_self(struct self s);
int sum(triple_t values);
int rows(table_t *table);
int length(list_t list);
int last(measured_t *m);
int depth(struct inner *in);
uint8_t bytes(const uint8_t *p);
"""


def build():
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(CDEF)
    ffi.set_source("_typedefs", SOURCE)
    return [ffi]


def exercise():
    from _typedefs import ffi, lib
    from support import refuses

    assert lib.sum([1, 2, 3]) == 6
    table = ffi.new("table_t *", [[1, 2, 3], [4, 5, 6]])
    assert lib.rows(table) == 6
    assert (ffi.sizeof("line_t"), ffi.sizeof("measured_t")) == (80, 18)
    tail = ffi.new("node_t *")
    head = ffi.new("node_t *", {"next": tail})
    assert lib.length(head) == 2
    assert len(head.more) == 9
    more = ffi.new("measured_t *", list(range(9)))
    assert lib.last(more) == 8
    outer = ffi.new("struct outer *", {"depth": 4})
    outer.inner.up = outer
    assert lib.depth(ffi.addressof(outer, "inner")) == 4
    # Its call would need the struct's size to know the struct's size; refused, not endless.
    refuses(RuntimeError, lambda: lib.on_self([ffi.NULL]))
    assert lib.bytes([200]) == 200
    assert ffi.typeof("alias_t") is ffi.typeof("int")
    assert ffi.typeof("list_t") is ffi.typeof("struct node *")
