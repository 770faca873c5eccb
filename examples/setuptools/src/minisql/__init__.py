"""Rows from SQLite. Where zlib is installed, SQL has a function crc32()."""

from minisql._sqlite import ffi, lib
from minisql._zlib import ffi as zlib_ffi

try:
    zlib = zlib_ffi.dlopen("libz.so.1")
except OSError:
    zlib = None


class Error(Exception):
    """What SQLite says of a file or statement."""


class Database:
    """A database in a file, or in memory."""

    def __init__(self, path=":memory:"):
        place = ffi.new("sqlite3 **")
        status = lib.sqlite3_open(path.encode(), place)
        # There is something to close even if it could not be opened.
        self._database = ffi.gc(place[0], lib.sqlite3_close)
        self._check(status)
        if zlib is not None:
            self._define("crc32", 1, lib.call_crc32)

    def rows(self, sql):
        """The rows of a statement, as tuples."""
        place = ffi.new("sqlite3_stmt **")
        self._check(lib.sqlite3_prepare_v2(self._database, sql.encode(), -1, place, ffi.NULL))
        statement = ffi.gc(place[0], lib.sqlite3_finalize)
        found = []
        while (status := lib.sqlite3_step(statement)) == lib.SQLITE_ROW:
            columns = range(lib.sqlite3_column_count(statement))
            found.append(tuple(_value(statement, column) for column in columns))
        if status != lib.SQLITE_DONE:
            self._check(status)
        return found

    def _define(self, name, arguments, function):
        self._check(
            lib.sqlite3_create_function(
                self._database,
                name.encode(),
                arguments,
                lib.SQLITE_UTF8,
                ffi.NULL,
                function,
                ffi.NULL,
                ffi.NULL,
            )
        )

    def _check(self, status):
        if status != lib.SQLITE_OK:
            raise Error(ffi.string(lib.sqlite3_errmsg(self._database)).decode())


def _value(statement, column):
    kind = lib.sqlite3_column_type(statement, column)
    if kind == lib.SQLITE_NULL:
        return None
    if kind == lib.SQLITE_INTEGER:
        return lib.sqlite3_column_int64(statement, column)
    if kind == lib.SQLITE_FLOAT:
        return lib.sqlite3_column_double(statement, column)
    text = lib.sqlite3_column_text(statement, column)
    return ffi.buffer(text, lib.sqlite3_column_bytes(statement, column))[:].decode()


@ffi.def_extern()
def call_crc32(context, count, values):
    size = lib.sqlite3_value_bytes(values[0])
    text = ffi.buffer(lib.sqlite3_value_text(values[0]), size)
    lib.sqlite3_result_int64(context, zlib.crc32(0, zlib_ffi.from_buffer(text), size))
