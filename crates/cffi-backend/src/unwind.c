/* The interface to the unwinder (Itanium C++ ABI: Exception Handling, part I), which Rust's panics use, by libgcc_s loaded when
   the first of these functions is called: only where a panic, or the end of the interpreter, unwinds a stack.

   Linked as usual, libgcc_s.so.1 would be loaded with the extension module, by each program that imports it: a quarter of the
   time that the import takes. glibc itself loads it in this way, for pthread_exit() and backtrace(). The linker keeps these
   functions to the module, as all that it does not export. */

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unwind.h>

static void *resolve(void **place, const char *name)
{
    void *found = __atomic_load_n(place, __ATOMIC_ACQUIRE);
    if (found == NULL) {
        void *library = dlopen("libgcc_s.so.1", RTLD_NOW); /* never closed */
        if (library != NULL)
            found = dlsym(library, name);
        if (found == NULL) {
            fprintf(stderr, "_cffi_backend: the stack cannot be unwound: %s\n", dlerror());
            abort();
        }
        __atomic_store_n(place, found, __ATOMIC_RELEASE);
    }
    return found;
}

#define FORWARD(result, name, parameters, arguments)                        \
    result name parameters                                                  \
    {                                                                       \
        static void *place;                                                 \
        return ((result(*) parameters)resolve(&place, #name)) arguments;    \
    }

typedef struct _Unwind_Exception *exception_t;
typedef struct _Unwind_Context *context_t;

FORWARD(_Unwind_Reason_Code, _Unwind_RaiseException, (exception_t e), (e))
FORWARD(_Unwind_Reason_Code, _Unwind_Backtrace, (_Unwind_Trace_Fn f, void *p), (f, p))
FORWARD(void *, _Unwind_GetLanguageSpecificData, (context_t c), (c))
FORWARD(_Unwind_Ptr, _Unwind_GetRegionStart, (context_t c), (c))
FORWARD(_Unwind_Ptr, _Unwind_GetDataRelBase, (context_t c), (c))
FORWARD(_Unwind_Ptr, _Unwind_GetTextRelBase, (context_t c), (c))
FORWARD(_Unwind_Word, _Unwind_GetCFA, (context_t c), (c))
FORWARD(_Unwind_Ptr, _Unwind_GetIP, (context_t c), (c))
FORWARD(_Unwind_Ptr, _Unwind_GetIPInfo, (context_t c, int *before), (c, before))

/* What gives nothing back. */
#define FORWARD_VOID(name, parameters, arguments)                           \
    void name parameters                                                    \
    {                                                                       \
        static void *place;                                                 \
        ((void (*) parameters)resolve(&place, #name)) arguments;            \
    }

FORWARD_VOID(_Unwind_DeleteException, (exception_t e), (e))
FORWARD_VOID(_Unwind_SetGR, (context_t c, int number, _Unwind_Word value), (c, number, value))
FORWARD_VOID(_Unwind_SetIP, (context_t c, _Unwind_Ptr value), (c, value))

void _Unwind_Resume(exception_t e)
{
    static void *place;
    ((void (*)(exception_t))resolve(&place, "_Unwind_Resume"))(e);
    abort(); /* it does not return */
}
