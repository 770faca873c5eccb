"""``python -m checksums FILE...``: the checksums of files."""

import sys

from checksums import Fletcher16, adler32, crc16, crc32

for name in sys.argv[1:]:
    with open(name, "rb") as file:
        data = file.read()
    long, short = (crc32(data), adler32(data)), (crc16(data), Fletcher16(data).value)
    print(*(f"{sum:08x}" for sum in long), *(f"{sum:04x}" for sum in short), name)
