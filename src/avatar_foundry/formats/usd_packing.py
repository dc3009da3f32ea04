"""How crate files pack numbers and bytes, from OpenUSD's integerCoding.h and fastCompression.h."""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

RUN = 15  # lengths up to here are in an LZ4 token; longer ones go on in bytes of 255
SMALL, MEDIUM = 127, 32767


def block(data: bytes) -> bytes:
    """Bytes as OpenUSD stores them compressed: one chunk, an LZ4 block whose one sequence is all literals.

    Nothing gets smaller by it: what is large here has been packed by `integers`, and there is no LZ4 to depend on.
    """
    length = len(data)
    if length < RUN:
        head = bytes([length << 4])
    else:
        more, rest = divmod(length - RUN, 255)
        head = b"\xf0" + b"\xff" * more + bytes([rest])
    return b"\0" + head + data


def integers(values: NDArray[Any]) -> bytes:
    """32-bit integers (N,): differences from one to the next, in 0, 1, 2 or 4 bytes each.

    The most frequent difference takes no byte. Layout: it, two bits of size per value, then the others' bytes.
    """
    if not len(values):
        return b""
    held = values.astype(np.int64)
    steps = np.diff(held, prepend=0).astype(np.uint32).view(np.int32)  # differences wrap around, as C's do
    found, counts = np.unique(steps, return_counts=True)
    # of those that are equally frequent OpenUSD takes the greatest
    common = int(found[len(counts) - 1 - int(counts[::-1].argmax())])
    size = np.abs(steps.astype(np.int64))
    code = np.where(steps == common, 0, np.where(size <= SMALL, 1, np.where(size <= MEDIUM, 2, 3))).astype(np.uint8)
    padded = np.zeros(-(-len(code) // 4) * 4, np.uint8)
    padded[: len(code)] = code
    codes = (padded.reshape(-1, 4) << np.array([0, 2, 4, 6], np.uint8)).sum(axis=1, dtype=np.uint8)
    raw = np.ascontiguousarray(steps).astype("<i4").view(np.uint8).reshape(-1, 4)  # little-endian: low bytes first
    width = np.array([0, 1, 2, 4], np.uint8)[code]
    kept = raw[np.arange(4) < width[:, None]]
    out: bytes = b"".join((struct.pack("<i", common), codes.tobytes(), kept.tobytes()))
    return out


def sized(data: bytes) -> bytes:
    """A compressed block after its length."""
    packed = block(data)
    return struct.pack("<Q", len(packed)) + packed
