"""wgpu: importing it, which declares a header of 110 kB and opens a library in ABI mode.

No GPU is needed for that.
"""

from __future__ import annotations

import json
import time

start = time.perf_counter_ns()
import wgpu.backends.wgpu_native  # noqa: E402 - this import is what is measured

stop = time.perf_counter_ns()
from wgpu.backends.wgpu_native import ffi, lib_version_info  # noqa: E402 - behind the clock

value = [wgpu.__version__, list(lib_version_info), ffi.sizeof("WGPUDeviceDescriptor")]
print(json.dumps({"nanoseconds": stop - start, "value": value}))
