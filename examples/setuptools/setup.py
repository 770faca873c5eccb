"""What pyproject.toml has no words for: the modules of cffi, and for which Pythons the wheel is."""

import sysconfig

from setuptools import setup

# A free-threaded Python before 3.15 has no stable ABI: its wheel is for its version alone.
stable_abi = not sysconfig.get_config_var("Py_GIL_DISABLED")

setup(
    cffi_modules=[
        "src/minisql/sqlite_build.py:builder",
        "src/minisql/zlib_build.py:builder",
    ],
    options={"bdist_wheel": {"py_limited_api": "cp310"}} if stable_abi else {},
)
