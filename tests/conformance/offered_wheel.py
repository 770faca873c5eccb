"""A build backend that builds nothing: it offers the wheel that is under test.

One of upstream's tests installs the folder in which the tests are, taking it for a
checkout of cffi; ``source.unpack_tests()`` puts this there.
"""

from __future__ import annotations

import os
import shutil


def build_wheel(
    wheel_directory: str,
    config_settings: object = None,
    metadata_directory: str | None = None,
) -> str:
    wheel = os.environ["CFFI_CONFORMANCE_WHEEL"]
    shutil.copy(wheel, wheel_directory)
    return os.path.basename(wheel)
