"""The backend behind ``cffi.backend_ctypes``, one file per kind of type.

``data`` is what all types share, ``primitive``, ``address`` (pointers and
arrays), ``record`` and ``function`` are the kinds, and ``backend`` is the object
that is given to ``FFI(backend=...)``.

A ctype is a class and a cdata an instance of it.  Memory is addressed by plain
integers: every pointer is a ``c_void_p`` to ctypes, so a struct can point to
itself without ctypes knowing, and an item is read where its address says.

Not supported: complex numbers and wide characters, slices, buffers, handles,
anonymous members, lists as arguments, structs as results of callbacks.
"""
