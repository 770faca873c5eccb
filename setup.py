"""What pyproject.toml cannot say: which libffi the extension module is linked with."""

import os

from setuptools import setup
from setuptools_rust import Binding, RustExtension

# A copy that is built along, unless the system's is asked for: distributions want
# security fixes of libffi in one place.
USE_SYSTEM_LIBFFI = os.environ.get("CFFI_SYSTEM_LIBFFI", "") not in ("", "0")

setup(
    rust_extensions=[
        RustExtension(
            "_cffi_backend",
            path="crates/cffi-backend/Cargo.toml",
            # Binding.PyO3 would ask for a feature of the crate `pyo3`, which is not used here.
            binding=Binding.NoBinding,
            features=["system-libffi"] if USE_SYSTEM_LIBFFI else [],
        )
    ]
)
