"""Declarations to parse: texts of any size, made of what headers are made of."""

from __future__ import annotations

SMALL = """
    struct point { int x, y; };
    struct box { double left, top, right, bottom; };
    typedef struct { short tag; struct point at; double weight; unsigned flags : 3; } item_t;
    int noargs(void);
    int add(int a, int b);
    double fma3(double a, double b, double c);
    long six(long a, long b, long c, long d, long e, long f);
    struct point make_point(int x, int y);
    struct box make_box(double side);
    int dot(struct point a, struct point b);
    double area(struct box b);
    int first(const int *numbers);
    int apply(int (*function)(int), int argument);
    int sum_variadic(int count, ...);
    size_t length(const char *s);
"""


def record(i: int) -> str:
    """A struct, an enum, a constant and a function; about 370 bytes."""
    return (
        f"typedef struct record_{i} {{\n"
        f"    unsigned int flags_{i}; char name[{16 + i % 48}]; size_t length;\n"
        f"    int (*on_event)(struct record_{i} *self, int event, void *context);\n"
        f"    union {{ long number; double real; }} value;\n"
        f"}} record_{i}_t;\n"
        f"enum state_{i} {{ S_{i}_IDLE, S_{i}_BUSY = {i + 2}, S_{i}_DONE }};\n"
        f"#define RECORD_{i}_LIMIT {i * 17 + 1}\n"
        f"int record_{i}_open(record_{i}_t *record, const char *path, int mode);\n"
    )


def records(count: int) -> str:
    return "".join(map(record, range(count)))


def of_size(size: int) -> str:
    """Records until there are so many bytes."""
    parts: list[str] = []
    length = 0
    while length < size:
        parts.append(record(len(parts)))
        length += len(parts[-1])
    return "".join(parts)


def structs(count: int) -> str:
    """Structs alone, of four fields each: to tell what one of them takes."""
    return "".join(
        f"struct s_{i} {{ int number; double real; char *text; struct s_{i} *next; }};\n"
        for i in range(count)
    )
