"""Arrays of numbers as decimal text, without a loop over them: what text formats (USDA, OBJ) are made of."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]
MINUS, DOT, ZERO = ord("-"), ord("."), ord("0")
BLOCK = 1 << 16  # rows at a time, which keeps the working memory to a few megabytes


def whole(values: NDArray[Any], places: int) -> I64:
    """Numbers as integers of 10**-places, rounded to the nearest."""
    scaled = np.asarray(values, np.float64) * 10.0**places
    return np.rint(scaled).astype(np.int64)


def rows(steps: NDArray[Any], places: int, before: Sequence[str], end: str) -> str:
    """The rows of `steps` (N, C), integers of 10**-places, as text.

    before: (C,) what stands before each column's number.  end: what closes a row.
    Numbers are as JSON takes them: no exponent, no trailing zeros, and a digit before the point.
    """
    return "".join(rows_of(steps[k : k + BLOCK], places, before, end) for k in range(0, len(steps), BLOCK))


def rows_of(steps: NDArray[Any], places: int, before: Sequence[str], end: str) -> str:
    """As `rows`, all at once."""
    count = len(steps)
    chars, kept = [], []
    for column, prefix in zip(np.asarray(steps, np.int64).T, before, strict=True):
        for block, keep in (literal(prefix, count), number(column, places)):
            chars.append(block)
            kept.append(keep)
    block, keep = literal(end, count)
    text: bytes = np.concatenate([*chars, block], axis=1)[np.concatenate([*kept, keep], axis=1)].tobytes()
    return text.decode("ascii")


def literal(text: str, count: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The same characters in each of `count` rows: (count, W) and that all of them are kept."""
    line = np.frombuffer(text.encode("ascii"), np.uint8)
    return np.broadcast_to(line, (count, len(line))), np.ones((count, len(line)), bool)


def number(steps: I64, places: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Characters (N, W) of a fixed layout, sign, digits, point, digits, and which of them are to be kept."""
    left = np.abs(steps)
    width = max(len(str(int(left.max(initial=0)))), places + 1)
    digits = np.empty((len(steps), width), np.uint8)
    for k in reversed(range(width)):
        rest = left // 10
        digits[:, k] = left - 10 * rest
        left = rest
    head = width - places  # digits before the point
    keep = np.ones((len(steps), width), bool)
    keep[:, : head - 1] = np.logical_or.accumulate(digits[:, : head - 1] != 0, axis=1)
    keep[:, head:] = np.logical_or.accumulate((digits[:, head:] != 0)[:, ::-1], axis=1)[:, ::-1]
    chars = np.full((len(steps), width + 2), MINUS, np.uint8)
    chars[:, 1 : head + 1] = digits[:, :head] + ZERO
    chars[:, head + 1] = DOT
    chars[:, head + 2 :] = digits[:, head:] + ZERO
    shown = np.empty(chars.shape, bool)
    shown[:, 0] = steps < 0
    shown[:, 1 : head + 1] = keep[:, :head]
    shown[:, head + 1] = keep[:, head] if places else False
    shown[:, head + 2 :] = keep[:, head:]
    return chars, shown
