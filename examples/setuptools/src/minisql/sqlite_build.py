"""SQLite in API mode: an extension module, for which the compiler has read sqlite3.h."""

from cffi import FFI

builder = FFI()
builder.cdef("""
    #define SQLITE_OK ...
    #define SQLITE_ROW ...
    #define SQLITE_DONE ...
    #define SQLITE_INTEGER ...
    #define SQLITE_FLOAT ...
    #define SQLITE_NULL ...
    #define SQLITE_UTF8 ...

    typedef ... sqlite3;
    typedef ... sqlite3_stmt;
    typedef ... sqlite3_value;
    typedef ... sqlite3_context;

    int sqlite3_open(const char *path, sqlite3 **database);
    int sqlite3_close(sqlite3 *database);
    const char *sqlite3_errmsg(sqlite3 *database);

    int sqlite3_prepare_v2(
        sqlite3 *database, const char *sql, int size, sqlite3_stmt **statement, const char **tail);
    int sqlite3_step(sqlite3_stmt *statement);
    int sqlite3_finalize(sqlite3_stmt *statement);
    int sqlite3_column_count(sqlite3_stmt *statement);
    int sqlite3_column_type(sqlite3_stmt *statement, int column);
    int64_t sqlite3_column_int64(sqlite3_stmt *statement, int column);
    double sqlite3_column_double(sqlite3_stmt *statement, int column);
    const unsigned char *sqlite3_column_text(sqlite3_stmt *statement, int column);
    int sqlite3_column_bytes(sqlite3_stmt *statement, int column);

    int sqlite3_create_function(
        sqlite3 *database, const char *name, int arguments, int encoding, void *data,
        void (*function)(sqlite3_context *, int, sqlite3_value **),
        void (*step)(sqlite3_context *, int, sqlite3_value **),
        void (*final)(sqlite3_context *));
    const unsigned char *sqlite3_value_text(sqlite3_value *value);
    int sqlite3_value_bytes(sqlite3_value *value);
    void sqlite3_result_int64(sqlite3_context *context, int64_t value);

    extern "Python" void call_crc32(sqlite3_context *, int, sqlite3_value **);
""")
# Where its header and library are, pkg-config knows.
builder.set_source_pkgconfig("minisql._sqlite", ["sqlite3 >= 3.7"], "#include <sqlite3.h>")
