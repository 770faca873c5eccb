/* Written by cffi from declarations; changes are lost when it is written again.
   What follows up to the source code that set_source() was given is the same for all modules: it includes Python's headers, and names what
   the code below uses of Python and of the extension module _cffi_backend. */

/* For PyPy's headers and the program's source: this is a module that cffi compiles. */
#define _CFFI_

/* The stable ABI, unless the program decides otherwise or the interpreter is a debug build, whose objects may be larger.  A free-threaded
   interpreter has a stable ABI from 3.15 on.  Microsoft's headers must see Py_LIMITED_API before pyconfig.h, which chooses the import library. */
#if !defined(_CFFI_USE_EMBEDDING) && !defined(_CFFI_NO_LIMITED_API) && !defined(Py_LIMITED_API)
# include <patchlevel.h>
# ifdef _MSC_VER
#  if !defined(_DEBUG) && !defined(Py_DEBUG) && !defined(Py_TRACE_REFS) && !defined(Py_REF_DEBUG)
#   ifndef Py_GIL_DISABLED
#    define Py_LIMITED_API 0x03020000
#   elif PY_VERSION_HEX >= 0x030F0000
#    define Py_LIMITED_API 0x030F0000
#   endif
#  endif
#  include <pyconfig.h>
#  if defined(Py_LIMITED_API) && (defined(Py_DEBUG) || defined(Py_TRACE_REFS) || defined(Py_REF_DEBUG))
#   error "pyconfig.h selects a debug build, which has no stable ABI: define _CFFI_NO_LIMITED_API"
#  endif
# else
#  include <pyconfig.h>
#  if !defined(Py_DEBUG) && !defined(Py_TRACE_REFS) && !defined(Py_REF_DEBUG)
#   ifndef Py_GIL_DISABLED
#    define Py_LIMITED_API 0x03020000
#   elif PY_VERSION_HEX >= 0x030F0000
#    define Py_LIMITED_API 0x030F0000
#   endif
#  endif
# endif
#endif

#include <Python.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef __GNUC__
# define _CFFI_UNUSED_FN  __attribute__((unused))
#else
# define _CFFI_UNUSED_FN
#endif

#ifdef MS_WIN32
# define _cffi_stdcall  __stdcall
#else
# define _cffi_stdcall
#endif

#ifdef _MSC_VER
# define _cffi_float_complex_t   _Fcomplex    /* of <complex.h>, which the source code has to include */
# define _cffi_double_complex_t  _Dcomplex
#else
# define _cffi_float_complex_t   float _Complex
# define _cffi_double_complex_t  double _Complex
#endif

#ifdef __cplusplus
# ifndef _Bool
typedef bool _Bool;
# endif
extern "C" {
#endif

/* ---- the tables of a module */

typedef void *_cffi_opcode_t;

#define _CFFI_OP(opcode, arg)  ((_cffi_opcode_t)((uintptr_t)(opcode) | ((uintptr_t)(arg) << 8)))

@OPCODES@
@PRIMITIVES@
/* A function, variable or constant. */
struct _cffi_s_global {
    const char *name;
    void *address;
    _cffi_opcode_t type_op;
    void *size_or_direct_fn;
};

struct _cffi_s_struct_union {
    const char *name;
    int type_index;
    int flags;
    size_t size;
    int alignment;
    int first_field_index;
    int num_fields;
};

@FLAGS@
struct _cffi_s_field {
    const char *name;
    size_t field_offset;
    size_t field_size;
    _cffi_opcode_t field_type_op;
};

struct _cffi_s_enum {
    const char *name;
    int type_index;
    int type_prim;
    const char *enumerators;
};

struct _cffi_s_typename {
    const char *name;
    int type_index;
};

struct _cffi_s_type_context {
    _cffi_opcode_t *types;
    const struct _cffi_s_global *globals;
    const struct _cffi_s_field *fields;
    const struct _cffi_s_struct_union *struct_unions;
    const struct _cffi_s_enum *enums;
    const struct _cffi_s_typename *typenames;
    int num_globals;
    int num_struct_unions;
    int num_enums;
    int num_typenames;
    const char *const *includes;
    int num_types;
    int flags;
};

/* A function that Python implements. */
struct _cffi_s_externpy {
    const char *name;
    size_t size_of_result;
    void *reserved1, *reserved2;
};

/* ---- what the compiler knows better than the declarations */

#define _cffi_array_len(array)  (sizeof(array) / sizeof((array)[0]))

/* The number of an integer type, from its size in bytes and whether it is signed. */
#define _cffi_prim_int(size, is_signed)                                     \
    ((size) == 1 ? ((is_signed) ? _CFFI_PRIM_INT8 : _CFFI_PRIM_UINT8) :     \
     (size) == 2 ? ((is_signed) ? _CFFI_PRIM_INT16 : _CFFI_PRIM_UINT16) :   \
     (size) == 4 ? ((is_signed) ? _CFFI_PRIM_INT32 : _CFFI_PRIM_UINT32) :   \
     (size) == 8 ? ((is_signed) ? _CFFI_PRIM_INT64 : _CFFI_PRIM_UINT64) :   \
     _CFFI__UNKNOWN_PRIM)

/* The number of a floating-point type, from its size in bytes; 0 if it is none. */
#define _cffi_prim_float(size)                                  \
    ((size) == sizeof(float) ? _CFFI_PRIM_FLOAT :               \
     (size) == sizeof(double) ? _CFFI_PRIM_DOUBLE :             \
     (size) == sizeof(long double) ? _CFFI__UNKNOWN_LONG_DOUBLE : \
     _CFFI__UNKNOWN_FLOAT_PRIM)

/* The offset of a field in the struct that a pointer type points to, where the struct has no name. */
#ifdef __GNUC__
# define _cffi_pointed_offsetof(pointer, field)  offsetof(__typeof__(*(pointer)0), field)
#else
# define _cffi_pointed_offsetof(pointer, field)  ((size_t)&((pointer)0)->field)
#endif

/* The alignment of a member's type, which has no name; -1 leaves it to the runtime, which knows the fields. */
#ifdef __GNUC__
# define _cffi_alignment(object)  ((int)__alignof__(__typeof__(object)))
#else
# define _cffi_alignment(object)  (-1)
#endif

#ifdef PYPY_VERSION

/* PyPy calls the functions of a module directly. */
_CFFI_UNUSED_FN
static void (*_cffi_call_python_org)(struct _cffi_s_externpy *, char *);
# define _cffi_call_python  _cffi_call_python_org

#else  /* CPython */

/* ---- conversions: the extension module fills this table when the module is imported */

struct _cffi_ctypedescr;

static void *_cffi_exports[@EXPORTS@];

#define _CFFI_CPIDX  25

#define _cffi_to_c_i8   ((int (*)(PyObject *))_cffi_exports[1])
#define _cffi_to_c_u8   ((int (*)(PyObject *))_cffi_exports[2])
#define _cffi_to_c_i16  ((int (*)(PyObject *))_cffi_exports[3])
#define _cffi_to_c_u16  ((int (*)(PyObject *))_cffi_exports[4])
#define _cffi_to_c_i32  ((int (*)(PyObject *))_cffi_exports[5])
#define _cffi_to_c_u32  ((unsigned int (*)(PyObject *))_cffi_exports[6])
#define _cffi_to_c_i64  ((long long (*)(PyObject *))_cffi_exports[7])
#define _cffi_to_c_u64  ((unsigned long long (*)(PyObject *))_cffi_exports[8])
#define _cffi_to_c_char ((int (*)(PyObject *))_cffi_exports[9])
#define _cffi_from_c_pointer  ((PyObject *(*)(char *, struct _cffi_ctypedescr *))_cffi_exports[10])
#define _cffi_to_c_pointer    ((char *(*)(PyObject *, struct _cffi_ctypedescr *))_cffi_exports[11])
#define _cffi_restore_errno   ((void (*)(void))_cffi_exports[13])
#define _cffi_save_errno      ((void (*)(void))_cffi_exports[14])
#define _cffi_from_c_char     ((PyObject *(*)(char))_cffi_exports[15])
#define _cffi_from_c_deref    ((PyObject *(*)(char *, struct _cffi_ctypedescr *))_cffi_exports[16])
#define _cffi_to_c            ((int (*)(char *, struct _cffi_ctypedescr *, PyObject *))_cffi_exports[17])
#define _cffi_from_c_struct   ((PyObject *(*)(char *, struct _cffi_ctypedescr *))_cffi_exports[18])
#define _cffi_to_c_wchar_t    ((_cffi_wchar_t (*)(PyObject *))_cffi_exports[19])
#define _cffi_from_c_wchar_t  ((PyObject *(*)(_cffi_wchar_t))_cffi_exports[20])
#define _cffi_to_c_long_double  ((long double (*)(PyObject *))_cffi_exports[21])
#define _cffi_to_c__Bool      ((_Bool (*)(PyObject *))_cffi_exports[22])
#define _cffi_prepare_pointer_call_argument  \
    ((Py_ssize_t (*)(struct _cffi_ctypedescr *, PyObject *, char **))_cffi_exports[23])
#define _cffi_convert_array_from_object  \
    ((int (*)(char *, struct _cffi_ctypedescr *, PyObject *))_cffi_exports[24])
#define _cffi_call_python     ((void (*)(struct _cffi_s_externpy *, char *))_cffi_exports[_CFFI_CPIDX])
#define _cffi_to_c_wchar3216_t    ((int (*)(PyObject *))_cffi_exports[26])
#define _cffi_from_c_wchar3216_t  ((PyObject *(*)(int))_cffi_exports[27])

#define _cffi_to_c_double     PyFloat_AsDouble
#define _cffi_to_c_float      (float)PyFloat_AsDouble
#define _cffi_from_c_double   PyFloat_FromDouble
#define _cffi_from_c_float    PyFloat_FromDouble
#define _cffi_from_c__Bool    PyBool_FromLong

/* The ctype of a place among the types: the extension module has put it there when the function was first looked up. */
#define _cffi_type(index)  ((struct _cffi_ctypedescr *)_cffi_types[index])

#define _cffi_is_unsigned(type)  (((type)-1) > 0)

#define _cffi_to_c_int(object, type)                                                                            \
    ((type)(sizeof(type) == 1 ? (_cffi_is_unsigned(type) ? (type)_cffi_to_c_u8(object) : (type)_cffi_to_c_i8(object)) :    \
            sizeof(type) == 2 ? (_cffi_is_unsigned(type) ? (type)_cffi_to_c_u16(object) : (type)_cffi_to_c_i16(object)) :  \
            sizeof(type) == 4 ? (_cffi_is_unsigned(type) ? (type)_cffi_to_c_u32(object) : (type)_cffi_to_c_i32(object)) :  \
            sizeof(type) == 8 ? (_cffi_is_unsigned(type) ? (type)_cffi_to_c_u64(object) : (type)_cffi_to_c_i64(object)) :  \
            (Py_FatalError("unsupported size for type " #type), (type)0)))

#define _cffi_from_c_int(value, type)                                                       \
    (_cffi_is_unsigned(type) ?                                                              \
        (sizeof(type) <= sizeof(unsigned long) ? PyLong_FromUnsignedLong((unsigned long)(value)) \
                                               : PyLong_FromUnsignedLongLong((unsigned long long)(value))) : \
        (sizeof(type) <= sizeof(long) ? PyLong_FromLong((long)(value))                      \
                                      : PyLong_FromLongLong((long long)(value))))

#ifdef HAVE_WCHAR_H
typedef wchar_t _cffi_wchar_t;
#else
typedef uint16_t _cffi_wchar_t;
#endif

/* One of char16_t and char32_t is like wchar_t; the exports 26 and 27 are for the other one. */

_CFFI_UNUSED_FN static uint16_t _cffi_to_c_char16_t(PyObject *object)
{
    return (uint16_t)(sizeof(_cffi_wchar_t) == 2 ? (int)_cffi_to_c_wchar_t(object) : _cffi_to_c_wchar3216_t(object));
}

_CFFI_UNUSED_FN static PyObject *_cffi_from_c_char16_t(uint16_t value)
{
    return sizeof(_cffi_wchar_t) == 2 ? _cffi_from_c_wchar_t((_cffi_wchar_t)value)
                                      : _cffi_from_c_wchar3216_t((int)value);
}

_CFFI_UNUSED_FN static uint32_t _cffi_to_c_char32_t(PyObject *object)
{
    return (uint32_t)(sizeof(_cffi_wchar_t) == 4 ? (int)_cffi_to_c_wchar_t(object) : _cffi_to_c_wchar3216_t(object));
}

_CFFI_UNUSED_FN static PyObject *_cffi_from_c_char32_t(uint32_t value)
{
    return sizeof(_cffi_wchar_t) == 4 ? _cffi_from_c_wchar_t((_cffi_wchar_t)value)
                                      : _cffi_from_c_wchar3216_t((int)value);
}

/* ---- memory for arrays that are made of lists, tuples and bytes for the time of a call */

union _cffi_aligned_u {
    long long integer;
    long double number;
    void *pointer;
    char bytes[640];
};

struct _cffi_block_s {
    struct _cffi_block_s *next;
    union _cffi_aligned_u data;
};

/* Small arrays lie in the frame of the wrapper, others are allocated. */
struct _cffi_memory_s {
    size_t used;
    struct _cffi_block_s *blocks;
    union _cffi_aligned_u small;
};

/* The pointer for an argument, which is a cdata or what an array is made of; -1 with an exception set if it is neither. */
_CFFI_UNUSED_FN static int
_cffi_to_c_array(struct _cffi_memory_s *memory, struct _cffi_ctypedescr *type, PyObject *object, char **result)
{
    size_t size;
    Py_ssize_t needed = _cffi_prepare_pointer_call_argument(type, object, result);
    if (needed == 0)
        return 0;
    if (needed < 0)
        return -1;
    size = ((size_t)needed + 15) & ~(size_t)15;
    if (size <= sizeof(memory->small) - memory->used) {
        *result = memory->small.bytes + memory->used;
        memory->used += size;
    }
    else {
        struct _cffi_block_s *block =
            (struct _cffi_block_s *)PyObject_Malloc(offsetof(struct _cffi_block_s, data) + size);
        if (block == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        block->next = memory->blocks;
        memory->blocks = block;
        *result = block->data.bytes;
    }
    memset(*result, 0, size);
    return _cffi_convert_array_from_object(*result, type, object);
}

_CFFI_UNUSED_FN static void _cffi_free_memory(struct _cffi_memory_s *memory)
{
    while (memory->blocks != NULL) {
        struct _cffi_block_s *block = memory->blocks;
        memory->blocks = block->next;
        PyObject_Free(block);
    }
}

/* ---- the import of the module */

static PyObject *_cffi_init(const char *name, Py_ssize_t version, const struct _cffi_s_type_context *context,
                            const int *keep_gil)
{
    void *description[5];
    PyObject *backend, *address, *module = NULL;

    description[0] = (void *)name;
    description[1] = (void *)version;
    description[2] = (void *)_cffi_exports;
    description[3] = (void *)context;
    description[4] = (void *)keep_gil;

    backend = PyImport_ImportModule("_cffi_backend");
    if (backend == NULL)
        return NULL;
    address = PyLong_FromVoidPtr((void *)description);
    if (address != NULL) {
        module = PyObject_CallMethod(backend, (char *)"_init_cffi_1_0_external_module", (char *)"O", address);
        Py_DECREF(address);
    }
    Py_DECREF(backend);
    return module;
}

#endif  /* CPython */

#ifdef __cplusplus
}
#endif
