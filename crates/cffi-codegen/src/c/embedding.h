
/* ---- a library for programs in other languages: Python is started by the first call of a function that Python implements */

#include <errno.h>
#include <stdio.h>

#ifndef CFFI_MESSAGEBOX
# ifdef _MSC_VER
#  define CFFI_MESSAGEBOX  1
# else
#  define CFFI_MESSAGEBOX  0
# endif
#endif

#ifdef _MSC_VER
# include <windows.h>
# ifdef _MSC_VER
#  pragma comment(lib, "user32.lib")
# endif
#else
# include <pthread.h>
# ifndef _WIN32
#  include <dlfcn.h>
# endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
# define CFFI_DLLEXPORT  __declspec(dllexport)
#elif defined(__GNUC__)
# define CFFI_DLLEXPORT  __attribute__((visibility("default")))
#else
# define CFFI_DLLEXPORT
#endif

/* What functions that Python implements call: first the function below that starts Python, from then on the runtime's. */
#undef _cffi_call_python
typedef void (*_cffi_call_python_fnptr)(struct _cffi_s_externpy *, char *);
static void _cffi_start_and_call_python(struct _cffi_s_externpy *externpy, char *args);
static _cffi_call_python_fnptr _cffi_call_python = &_cffi_start_and_call_python;

#ifdef _MSC_VER
# define _cffi_swap(place, from, to)  \
    (InterlockedCompareExchangePointer((void *volatile *)(place), (void *)(to), (void *)(from)) == (void *)(from))
# define _cffi_barrier()  MemoryBarrier()
static INIT_ONCE _cffi_start_once = INIT_ONCE_STATIC_INIT;
static CRITICAL_SECTION _cffi_start_lock;

static BOOL CALLBACK _cffi_make_start_lock(INIT_ONCE *once, void *parameter, void **context)
{
    (void)once;
    (void)parameter;
    (void)context;
    InitializeCriticalSection(&_cffi_start_lock);
    return TRUE;
}

static void _cffi_lock_start(void)
{
    InitOnceExecuteOnce(&_cffi_start_once, _cffi_make_start_lock, NULL, NULL);
    EnterCriticalSection(&_cffi_start_lock);
}

static void _cffi_unlock_start(void)
{
    LeaveCriticalSection(&_cffi_start_lock);
}
#else
# define _cffi_swap(place, from, to)  __sync_bool_compare_and_swap(place, from, to)
# define _cffi_barrier()  __sync_synchronize()
static pthread_once_t _cffi_start_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t _cffi_start_lock;

/* Recursive: the code that runs at the start may call what this library exports. */
static void _cffi_make_start_lock(void)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&_cffi_start_lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

static void _cffi_lock_start(void)
{
    pthread_once(&_cffi_start_once, _cffi_make_start_lock);
    pthread_mutex_lock(&_cffi_start_lock);
}

static void _cffi_unlock_start(void)
{
    pthread_mutex_unlock(&_cffi_start_lock);
}
#endif

#ifndef PYPY_VERSION

# define _cffi_call_python_org  _cffi_exports[_CFFI_CPIDX]

PyMODINIT_FUNC _CFFI_PYTHON_STARTUP_FUNC(void);

/* Extension modules find Python's names among those that the whole program sees.  They are not there if the program loaded this library, and
   libpython with it, for itself alone (RTLD_LOCAL), as programs do with plug-ins.  dlsym() does not tell: it sees what we see. */
static void _cffi_show_python(void)
{
# ifdef RTLD_NOLOAD
    Dl_info libpython;
    if (dladdr((void *)&PyCapsule_Type, &libpython) != 0)
        (void)dlopen(libpython.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_GLOBAL);
# endif
}

/* Makes sure that there is an interpreter, without keeping its GIL.

   Several libraries of this kind may do it at once, each with its own copy of this function, maybe compiled from another version of cffi.
   They take turns by a variable of the interpreter that is otherwise never written to: up to 3.11 the version tag of PyCapsule_Type, which is
   0 or while somebody is here -42; from 3.12 on its slot for buffers, NULL or a pointer to empty ones with -42 behind them. */
static int _cffi_carefully_make_gil(void)
{
# if PY_VERSION_HEX < 0x030C0000
    int volatile *lock = (int volatile *)&PyCapsule_Type.tp_version_tag;
    int free_value = 0, taken_value = -42;
# else
    static struct { PyBufferProcs procs; int mark; } taken;
    PyBufferProcs *volatile *lock = (PyBufferProcs *volatile *)&PyCapsule_Type.tp_as_buffer;
    PyBufferProcs *free_value = NULL, *taken_value = &taken.procs;
    taken.mark = -42;
# endif

    while (*lock != free_value || !_cffi_swap(lock, free_value, taken_value))
        ;
    if (!Py_IsInitialized()) {
        _cffi_show_python();
        Py_InitializeEx(0);    /* the program keeps its signal handlers */
        PyEval_SaveThread();
    }
    while (!_cffi_swap(lock, taken_value, free_value))
        ;
    return 0;
}

# if CFFI_MESSAGEBOX
/* A program without a console would fail silently: the report is shown in a window of a thread of its own, one at a time. */
static void *volatile _cffi_shown_report;

static DWORD WINAPI _cffi_show_report(void *parameter)
{
    (void)parameter;
    Sleep(500);    /* the program may be about to end by itself */
    MessageBoxW(NULL, (const wchar_t *)_cffi_shown_report, L"Python-CFFI error", MB_OK | MB_ICONERROR);
    _cffi_shown_report = NULL;
    return 0;
}

static void _cffi_show(PyObject *report)
{
    HANDLE thread;
    wchar_t *text = PyUnicode_AsWideCharString(report, NULL);    /* as long as the process lives */
    if (text == NULL || !_cffi_swap(&_cffi_shown_report, NULL, text)) {
        PyErr_Clear();
        return;
    }
    thread = CreateThread(NULL, 0, _cffi_show_report, NULL, 0, NULL);
    if (thread != NULL)
        CloseHandle(thread);
}
# endif

static void _cffi_write_report(PyObject *file)
{
    PyObject *exception, *value, *traceback, *backend, *path;

    PyErr_Fetch(&exception, &value, &traceback);
    PyFile_WriteString("Failed to initialize the Python-CFFI embedding logic:\n\n", file);
    if (exception != NULL) {
        PyErr_NormalizeException(&exception, &value, &traceback);
        PyErr_Display(exception, value, traceback);
    }
    Py_XDECREF(exception);
    Py_XDECREF(value);
    Py_XDECREF(traceback);

    PyFile_WriteString("\nFrom: " _CFFI_MODULE_NAME "\ncompiled with cffi version: 2.1.1"
                       "\n_cffi_backend module: ", file);
    backend = PyDict_GetItemString(PyImport_GetModuleDict(), "_cffi_backend");
    path = backend == NULL ? NULL : PyObject_GetAttrString(backend, "__file__");
    if (path != NULL)
        PyFile_WriteObject(path, file, 0);
    else
        PyFile_WriteString("not loaded", file);
    Py_XDECREF(path);
    PyFile_WriteString("\nsys.path: ", file);
    path = PySys_GetObject((char *)"path");
    if (path != NULL)
        PyFile_WriteObject(path, file, 0);
    PyFile_WriteString("\n\n", file);
    PyErr_Clear();
}

/* Prints the exception that is set, and where the parts of Python come from. */
static void _cffi_report(void)
{
    PyObject *file = PySys_GetObject((char *)"stderr");
# if CFFI_MESSAGEBOX
    PyObject *exception, *value, *traceback, *io, *buffer = NULL, *report;
    PyErr_Fetch(&exception, &value, &traceback);
    io = PyImport_ImportModule("io");
    if (io != NULL)
        buffer = PyObject_CallMethod(io, (char *)"StringIO", NULL);
    Py_XDECREF(io);
    PyErr_Clear();
    PyErr_Restore(exception, value, traceback);
    if (buffer != NULL) {
        Py_XINCREF(file);
        PySys_SetObject((char *)"stderr", buffer);
        _cffi_write_report(buffer);
        PySys_SetObject((char *)"stderr", file);
        report = PyObject_CallMethod(buffer, (char *)"getvalue", NULL);
        if (report != NULL) {
            if (file != NULL && file != Py_None)
                PyFile_WriteObject(report, file, Py_PRINT_RAW);
            _cffi_show(report);
            Py_DECREF(report);
        }
        Py_XDECREF(file);
        Py_DECREF(buffer);
        PyErr_Clear();
        return;
    }
# endif
    if (file != NULL && file != Py_None)
        _cffi_write_report(file);
    else
        PyErr_Clear();
}

/* Makes this library an imported module, and runs the code that it was given. */
static int _cffi_initialize_python(void)
{
    PyObject *code = NULL, *globals = NULL, *result = NULL;
    PyGILState_STATE state = PyGILState_Ensure();

    /* Called here, so that Python does not look for the library and load it a second time. */
    (void)_CFFI_PYTHON_STARTUP_FUNC();
    if (!PyErr_Occurred())
        code = Py_CompileString(_CFFI_PYTHON_STARTUP_CODE, "<init code for '" _CFFI_MODULE_NAME "'>", Py_file_input);
    if (code != NULL)
        globals = PyDict_New();
    if (globals != NULL && PyDict_SetItemString(globals, "__builtins__", PyEval_GetBuiltins()) == 0)
        result = PyEval_EvalCode(code, globals, globals);
    if (result == NULL)
        _cffi_report();
    Py_XDECREF(code);
    Py_XDECREF(globals);
    Py_XDECREF(result);
    PyGILState_Release(state);
    return result == NULL ? -1 : 0;
}

#else  /* PyPy */

PyMODINIT_FUNC _CFFI_PYTHON_STARTUP_FUNC(const void *[]);

static struct _cffi_pypy_init_s {
    const char *name;
    void *func;
    const char *code;
} _cffi_pypy_init = {
    _CFFI_MODULE_NAME,
    (void *)_CFFI_PYTHON_STARTUP_FUNC,
    _CFFI_PYTHON_STARTUP_CODE,
};

extern int pypy_carefully_make_gil(const char *);
extern int pypy_init_embedded_cffi_module(int, struct _cffi_pypy_init_s *);

static int _cffi_carefully_make_gil(void)
{
    return pypy_carefully_make_gil(_CFFI_MODULE_NAME);
}

static int _cffi_initialize_python(void)
{
    return pypy_init_embedded_cffi_module(0xB011, &_cffi_pypy_init);
}

#endif

/* Starts Python and this module; NULL if that fails, now or before.

   First there is an interpreter, then this library's own lock is taken, then, in _cffi_initialize_python, the GIL.  Whoever comes while another
   thread is at it waits for the lock; the thread itself passes it, and finds the function that the import has put there already. */
static _cffi_call_python_fnptr _cffi_start_python(void)
{
    static char called = 0;
    _cffi_call_python_fnptr function;

    if (_cffi_carefully_make_gil() != 0)
        return NULL;
    _cffi_lock_start();
    if (!called) {
        called = 1;
        if (_cffi_initialize_python() == 0) {
            /* What the import has written is seen before the pointer that lets others use it. */
            _cffi_barrier();
            _cffi_call_python = (_cffi_call_python_fnptr)_cffi_call_python_org;
        }
        else {
            _cffi_call_python_org = NULL;
        }
    }
    function = (_cffi_call_python_fnptr)_cffi_call_python_org;
    _cffi_unlock_start();
    return function;
}

static void _cffi_start_and_call_python(struct _cffi_s_externpy *externpy, char *args)
{
    _cffi_call_python_fnptr function;
    int saved_errno = errno;
#ifdef _MSC_VER
    DWORD saved_error = GetLastError();
#endif
    function = _cffi_start_python();
    if (function == NULL) {
        fprintf(stderr, "function %s() called, but initialization code failed.  Returning 0.\n", externpy->name);
        memset(args, 0, externpy->size_of_result);
    }
#ifdef _MSC_VER
    SetLastError(saved_error);
#endif
    errno = saved_errno;
    if (function != NULL)
        function(externpy, args);
}

/* For the program's C code: starts Python now. -1 if that fails. */
_CFFI_UNUSED_FN static int cffi_start_python(void)
{
    if (_cffi_call_python == &_cffi_start_and_call_python && _cffi_start_python() == NULL)
        return -1;
    _cffi_barrier();
    return 0;
}

#ifdef __cplusplus
}
#endif

