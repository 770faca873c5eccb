"""What pyproject.toml cannot say: how the extension module is built depends on the environment.

CFFI_SYSTEM_LIBFFI=1  link the system's libffi: distributions want its security fixes in one place
CFFI_ABI3=1           one wheel for every CPython from 3.12 on, by the stable ABI
"""

import os

from setuptools import setup
from setuptools_rust import Binding, RustExtension


def is_set(name: str) -> bool:
    return os.environ.get(name, "") not in ("", "0")


ABI3 = is_set("CFFI_ABI3")
features = []
if is_set("CFFI_SYSTEM_LIBFFI"):
    features.append("system-libffi")
if ABI3:
    features.append("abi3")

setup(
    rust_extensions=[
        RustExtension(
            "_cffi_backend",
            path="crates/cffi-backend/Cargo.toml",
            # Binding.PyO3 would ask for a feature of the crate `pyo3`, which is not used here.
            binding=Binding.NoBinding,
            features=features,
            py_limited_api=ABI3,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp312"}} if ABI3 else {},
)
