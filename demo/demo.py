"""Calling C from Python through declarations pasted from man pages and headers.

``make demo`` runs it.  Everything here is the in-line ABI mode: no compiler runs,
and nothing but the ``cffi`` wheel is installed.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import _cffi_backend
from cffi import FFI, CDefError


def title(text: str) -> None:
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n== {text}")


def call_printf() -> None:
    title("printf(3): a variadic function of the C library")
    ffi = FFI()
    ffi.cdef("""
        int printf(const char *restrict format, ...);
        int fflush(FILE *stream);
    """)
    libc = ffi.dlopen(None)
    sys.stdout.flush()
    written = libc.printf(
        b"   %s is %d years old and %.2f m tall\n",
        ffi.new("char[]", b"C"),
        ffi.cast("int", 54),
        ffi.cast("double", 1.72),
    )
    libc.fflush(ffi.NULL)
    print(f"   printf returned {written}")


def read_image() -> None:
    title("An image: an array of structs, filled by readinto() without a copy")
    ffi = FFI()
    ffi.cdef("typedef struct { unsigned char r, g, b; } pixel_t;")
    width, height = 48, 10

    picture = ffi.new("pixel_t[]", width * height)
    for y in range(height):
        for x in range(width):
            pixel = picture[y * width + x]
            pixel.r = 255 * x // width
            pixel.g = 255 * y // height
            pixel.b = 255 - pixel.r

    with tempfile.TemporaryFile() as file:
        file.write(ffi.buffer(picture))
        file.seek(0)
        again = ffi.new("pixel_t[]", width * height)
        count = file.readinto(ffi.buffer(again))  # type: ignore[arg-type]
    print(f"   read {count} bytes into {again!r}")

    shades = " .:-=+*#%@"
    for y in range(0, height, 2):
        row = again[y * width : (y + 1) * width]
        print("   " + "".join(shades[(p.r + p.g) * len(shades) // 511] for p in row))
    last = again[width * height - 1]
    print(f"   the last pixel: r={last.r} g={last.g} b={last.b}")


def compress_file() -> None:
    title("zlib: a file through compress2() and back")
    ffi = FFI()
    ffi.cdef("""
        typedef unsigned char  Byte;    /* 8 bits */
        typedef unsigned int   uInt;    /* 16 bits or more */
        typedef unsigned long  uLong;   /* 32 bits or more */
        typedef Byte  Bytef;
        typedef uLong uLongf;

        const char *zlibVersion(void);
        uLong compressBound(uLong sourceLen);
        int compress2(Bytef *dest, uLongf *destLen,
                      const Bytef *source, uLong sourceLen, int level);
        int uncompress(Bytef *dest, uLongf *destLen,
                       const Bytef *source, uLong sourceLen);
        uLong crc32(uLong crc, const Bytef *buf, uInt len);

        #define Z_OK                    0
        #define Z_BEST_COMPRESSION      9
    """)
    zlib = ffi.dlopen("libz.so.1")

    path = Path(_cffi_backend.__file__)
    original = path.read_bytes()
    capacity = zlib.compressBound(len(original))
    packed = ffi.new("Bytef[]", capacity)
    size = ffi.new("uLongf *", capacity)
    status = zlib.compress2(packed, size, original, len(original), 6)
    assert status == zlib.Z_OK, status

    back = bytearray(len(original))
    back_size = ffi.new("uLongf *", len(back))
    status = zlib.uncompress(ffi.from_buffer("Bytef[]", back), back_size, packed, size[0])
    assert status == zlib.Z_OK and back == original
    print(f"   zlib {ffi.string(zlib.zlibVersion()).decode()}, {path.name}")
    print(f"   {len(original)} bytes -> {size[0]} -> {back_size[0]}, the same again")
    print(f"   crc32 {zlib.crc32(0, original, len(original)):#010x}")


def query_sqlite() -> None:
    title("SQLite: a database in memory, rows arrive in a Python function")
    ffi = FFI()
    ffi.cdef("""
        typedef struct sqlite3 sqlite3;

        const char *sqlite3_libversion(void);
        int sqlite3_open(
          const char *filename,   /* Database filename (UTF-8) */
          sqlite3 **ppDb          /* OUT: SQLite db handle */
        );
        int sqlite3_exec(
          sqlite3*,                                  /* An open database */
          const char *sql,                           /* SQL to be evaluated */
          int (*callback)(void*,int,char**,char**),  /* Callback function */
          void *,                                    /* 1st argument to callback */
          char **errmsg                              /* Error msg written here */
        );
        void sqlite3_free(void*);
        int sqlite3_close(sqlite3*);

        #define SQLITE_OK           0   /* Successful result */
    """)
    sqlite = ffi.dlopen("libsqlite3.so.0")
    handle = ffi.new("sqlite3 **")
    assert sqlite.sqlite3_open(b":memory:", handle) == sqlite.SQLITE_OK
    database = ffi.gc(handle[0], sqlite.sqlite3_close)

    @ffi.callback("int(void *, int, char **, char **)")
    def on_row(context, count, values, names):  # type: ignore[no-untyped-def]
        rows = ffi.from_handle(context)
        text = [ffi.string(value).decode() for value in values[0:count]]
        rows.append(dict(zip((ffi.string(name).decode() for name in names[0:count]), text)))
        return 0

    def execute(sql: str) -> list[dict[str, str]]:
        rows: list[dict[str, str]] = []
        context = ffi.new_handle(rows)
        message = ffi.new("char **")
        status = sqlite.sqlite3_exec(database, sql.encode(), on_row, context, message)
        if status != sqlite.SQLITE_OK:
            text = ffi.string(message[0]).decode()
            sqlite.sqlite3_free(message[0])
            raise RuntimeError(text)
        return rows

    execute("""
        CREATE TABLE language (name TEXT, year INTEGER);
        INSERT INTO language VALUES ('C', 1972), ('Python', 1991), ('Rust', 2012);
    """)
    print(f"   SQLite {ffi.string(sqlite.sqlite3_libversion()).decode()}, {database!r}")
    for row in execute("SELECT name, year, 2026 - year AS age FROM language ORDER BY year"):
        print("  ", row)
    try:
        execute("SELEC 1")
    except RuntimeError as error:
        print("   a wrong statement:", error)


def sort_with_python() -> None:
    title("qsort(3): C sorts, Python compares")
    ffi = FFI()
    ffi.cdef("""
        typedef struct { char name[16]; double mass; } planet_t;
        void qsort(void *base, size_t nmemb, size_t size,
                   int (*compar)(const void *, const void *));
    """)
    libc = ffi.dlopen(None)
    planets = ffi.new(
        "planet_t[]",
        [
            (b"Earth", 5.97),
            (b"Mercury", 0.33),
            (b"Neptune", 102),
            (b"Mars", 0.64),
            (b"Venus", 4.87),
        ],
    )
    comparisons = 0

    @ffi.callback("int(const void *, const void *)")
    def by_mass(a, b):  # type: ignore[no-untyped-def]
        nonlocal comparisons
        comparisons += 1
        left, right = ffi.cast("planet_t *", a).mass, ffi.cast("planet_t *", b).mass
        return (left > right) - (left < right)

    libc.qsort(planets, len(planets), ffi.sizeof("planet_t"), by_mass)
    print("  ", ", ".join(f"{ffi.string(p.name).decode()} {p.mass:g}" for p in planets))
    print(f"   {comparisons} calls from C")


def wrong_declaration() -> None:
    title("A wrong declaration")
    ffi = FFI()
    try:
        ffi.cdef(
            "typedef struct { int width, height; } image_t;\n"
            "int image_scale(image_t *image, double factor);\n"
            "int image_save(imaget *image, const char *path);\n"
        )
    except CDefError as error:
        # A traceback shows the notes of an exception too.
        notes = getattr(error, "__notes__", [])
        for line in "\n".join([str(error), *notes]).splitlines():
            print("  ", line)


def main() -> None:
    start = time.perf_counter()
    print(f"Python {sys.version.split()[0]}, cffi from {_cffi_backend.__file__}")
    for part in (
        call_printf,
        read_image,
        compress_file,
        query_sqlite,
        sort_with_python,
        wrong_declaration,
    ):
        part()
    print(f"\n{time.perf_counter() - start:.2f} seconds")
    assert "pycparser" not in sys.modules, "cffi is not supposed to need it"


if __name__ == "__main__":
    main()
