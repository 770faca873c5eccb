"""``python build_plugin.py NAME...``: for each the library NAME.so, with the code of NAME.py."""

import sys
import sysconfig
from pathlib import Path

from cffi import FFI


def build(name):
    builder = FFI()
    builder.embedding_api(Path("plugin.h").read_text())
    # Plug-ins of one program share its Python: each is a module with a name of its own.
    builder.set_source(
        f"_plugin_{name}",
        '#include "plugin.h"',
        include_dirs=["."],
        **where_libpython_is(),
    )
    builder.embedding_init_code(Path(f"{name}.py").read_text())
    builder.compile(target=f"{name}.*")


def where_libpython_is():
    folder = sysconfig.get_config_var("LIBDIR")
    return {"library_dirs": [folder], "runtime_library_dirs": [folder]} if folder else {}


if __name__ == "__main__":
    for name in sys.argv[1:]:
        build(name)
