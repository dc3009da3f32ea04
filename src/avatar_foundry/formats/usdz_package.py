"""The USDZ package: a zip whose entries are stored as they are and begin at multiples of 64 bytes.

Specification: https://openusd.org/release/spec_usdz.html. The first entry is the layer that is opened.
"""

import io
import struct
import zipfile
from collections.abc import Mapping

ALIGNMENT = 64
LOCAL_HEADER = 30  # bytes before an entry's name
PADDING_ID = 0x1986  # of the extra field that fills the gap, as OpenUSD writes it
EPOCH = (1980, 1, 1, 0, 0, 0)


def package(files: Mapping[str, bytes]) -> bytes:
    """The files {name: bytes} in this order. Same files, same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 0
            entry.external_attr = 0
            entry.extra = padding(out.tell() + LOCAL_HEADER + len(name.encode()))
            archive.writestr(entry, data)
    return out.getvalue()


def padding(offset: int) -> bytes:
    """The extra field after which data that would begin at `offset` begins at a multiple of 64."""
    gap = -offset % ALIGNMENT
    if not gap:
        return b""
    gap += ALIGNMENT if gap < 4 else 0  # an extra field has four bytes of its own
    return struct.pack("<HH", PADDING_ID, gap - 4) + bytes(gap - 4)
