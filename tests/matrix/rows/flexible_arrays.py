"""Structs that end in an array without a length."""

SOURCE = r"""
struct packet { int count; short items[]; };
struct old_packet { char tag; long items[1]; };
static int total(struct packet *p)
{
    int sum = 0;
    for (int i = 0; i < p->count; i++)
        sum += p->items[i];
    return sum;
}
"""

CDEF = """
struct packet { int count; short items[]; };
struct old_packet { char tag; long items[]; ...; };
int total(struct packet *p);
"""


def build():
    from cffi import FFI

    ffi = FFI()
    ffi.cdef(CDEF)
    ffi.set_source("_flexible_arrays", SOURCE)
    return [ffi]


def exercise():
    from _flexible_arrays import ffi, lib

    assert ffi.sizeof("struct packet") == 4
    packet = ffi.new("struct packet *", [3, [10, 20, 30]])
    assert lib.total(packet) == 60
    assert packet.items[2] == 30
    packet = ffi.new("struct packet *", {"count": 2, "items": 2})
    packet.items[1] = 5
    assert lib.total(packet) == 5
    old = ffi.new("struct old_packet *", {"items": [1, 2, 3]})
    assert old.items[2] == 3
    assert ffi.offsetof("struct old_packet", "items") == 8
