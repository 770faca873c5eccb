//! Type names that are known without a declaration: those of the C standard headers and of Windows. A cdef may redefine them all.

use crate::primitive::Primitive;
use crate::target::Target;

/// What a default name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// A primitive type.
    Primitive(Primitive),
    /// The opaque struct behind `FILE`.
    File,
    /// Another type, as a C type name.
    Spelled(&'static str),
}

/// Names whose meaning is spelled in C, on Windows (Microsoft's "Windows Data Types").
const WINDOWS: &[(&str, &str)] = &[
    ("BOOL", "int"),
    ("BOOLEAN", "unsigned char"),
    ("BYTE", "unsigned char"),
    ("CCHAR", "char"),
    ("CHAR", "char"),
    ("COLORREF", "unsigned long"),
    ("DWORD", "unsigned long"),
    ("DWORD32", "unsigned int"),
    ("DWORD64", "unsigned long long"),
    ("DWORDLONG", "unsigned long long"),
    ("DWORD_PTR", "uintptr_t"),
    ("FLOAT", "float"),
    ("HANDLE", "void *"),
    ("HBITMAP", "void *"),
    ("HBRUSH", "void *"),
    ("HCURSOR", "void *"),
    ("HDC", "void *"),
    ("HFILE", "int"),
    ("HFONT", "void *"),
    ("HGLOBAL", "void *"),
    ("HHOOK", "void *"),
    ("HICON", "void *"),
    ("HINSTANCE", "void *"),
    ("HKEY", "void *"),
    ("HLOCAL", "void *"),
    ("HMENU", "void *"),
    ("HMODULE", "void *"),
    ("HRESULT", "long"),
    ("HWND", "void *"),
    ("INT", "int"),
    ("INT16", "short"),
    ("INT32", "int"),
    ("INT64", "long long"),
    ("INT8", "signed char"),
    ("INT_PTR", "intptr_t"),
    ("LONG", "long"),
    ("LONG32", "int"),
    ("LONG64", "long long"),
    ("LONGLONG", "long long"),
    ("LONG_PTR", "intptr_t"),
    ("LPARAM", "intptr_t"),
    ("LPBOOL", "int *"),
    ("LPBYTE", "unsigned char *"),
    ("LPCSTR", "const char *"),
    ("LPCVOID", "const void *"),
    ("LPCWSTR", "const wchar_t *"),
    ("LPDWORD", "unsigned long *"),
    ("LPHANDLE", "void **"),
    ("LPINT", "int *"),
    ("LPLONG", "long *"),
    ("LPSTR", "char *"),
    ("LPVOID", "void *"),
    ("LPWORD", "unsigned short *"),
    ("LPWSTR", "wchar_t *"),
    ("LRESULT", "intptr_t"),
    ("PBOOL", "int *"),
    ("PBYTE", "unsigned char *"),
    ("PCHAR", "char *"),
    ("PDWORD", "unsigned long *"),
    ("PHANDLE", "void **"),
    ("PINT", "int *"),
    ("PLONG", "long *"),
    ("PSIZE_T", "size_t *"),
    ("PSTR", "char *"),
    ("PULONG", "unsigned long *"),
    ("PVOID", "void *"),
    ("PWORD", "unsigned short *"),
    ("PWSTR", "wchar_t *"),
    ("SHORT", "short"),
    ("SIZE_T", "size_t"),
    ("SSIZE_T", "ssize_t"),
    ("UCHAR", "unsigned char"),
    ("UINT", "unsigned int"),
    ("UINT16", "unsigned short"),
    ("UINT32", "unsigned int"),
    ("UINT64", "unsigned long long"),
    ("UINT8", "unsigned char"),
    ("UINT_PTR", "uintptr_t"),
    ("ULONG", "unsigned long"),
    ("ULONG32", "unsigned int"),
    ("ULONG64", "unsigned long long"),
    ("ULONGLONG", "unsigned long long"),
    ("ULONG_PTR", "uintptr_t"),
    ("USHORT", "unsigned short"),
    ("VOID", "void"),
    ("WCHAR", "wchar_t"),
    ("WORD", "unsigned short"),
    ("WPARAM", "uintptr_t"),
];

/// The names that `ffi.set_unicode()` decides about, with their meaning for wide characters and for bytes.
const TEXT: &[(&str, &str, &str)] = &[
    ("TBYTE", "wchar_t", "char"),
    ("TCHAR", "wchar_t", "char"),
    ("LPCTSTR", "const wchar_t *", "const char *"),
    ("PCTSTR", "const wchar_t *", "const char *"),
    ("LPTSTR", "wchar_t *", "char *"),
    ("PTSTR", "wchar_t *", "char *"),
    ("PTBYTE", "wchar_t *", "char *"),
    ("PTCHAR", "wchar_t *", "char *"),
];

/// Whether `TCHAR` and its relatives are wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unicode {
    /// `set_unicode(True)`
    Wide,
    /// `set_unicode(False)`
    Bytes,
}

/// What a name stands for without a declaration.
#[must_use]
pub fn lookup(target: Target, unicode: Option<Unicode>, name: &str) -> Option<Default> {
    match name {
        "bool" => return Some(Default::Primitive(Primitive::Bool)),
        "FILE" => return Some(Default::File),
        _ => {}
    }
    // Names of one word are typedef names; keywords never come here.
    if name.ends_with("_t") {
        if let Some(primitive) = Primitive::from_spelling(name) {
            return Some(Default::Primitive(primitive));
        }
    }
    match name {
        "_cffi_float_complex_t" => return Some(Default::Primitive(Primitive::FloatComplex)),
        "_cffi_double_complex_t" => return Some(Default::Primitive(Primitive::DoubleComplex)),
        _ => {}
    }
    if let Some(unicode) = unicode {
        if let Some((_, wide, bytes)) = TEXT.iter().find(|(known, ..)| *known == name) {
            return Some(Default::Spelled(if unicode == Unicode::Wide {
                wide
            } else {
                bytes
            }));
        }
    }
    if target.is_windows() {
        if let Ok(position) = WINDOWS.binary_search_by_key(&name, |(known, _)| known) {
            return WINDOWS
                .get(position)
                .map(|(_, spelled)| Default::Spelled(spelled));
        }
    }
    None
}

/// All names, for "did you mean".
pub fn names(target: Target) -> impl Iterator<Item = &'static str> {
    let primitives = Primitive::ALL
        .iter()
        .map(|primitive| primitive.spelling())
        .filter(|name| name.ends_with("_t"));
    let windows = WINDOWS
        .iter()
        .map(|(name, _)| *name)
        .filter(move |_| target.is_windows());
    ["bool", "FILE"]
        .into_iter()
        .chain(primitives)
        .chain(windows)
}

/// The default names that are no types of the C standard, with what they stand for, spelled in C.
pub fn common(target: Target) -> impl Iterator<Item = (&'static str, &'static str)> {
    let windows = WINDOWS.iter().copied().filter(move |_| target.is_windows());
    [("FILE", "struct _IO_FILE"), ("bool", "_Bool")]
        .into_iter()
        .chain(windows)
}
