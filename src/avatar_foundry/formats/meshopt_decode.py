"""Decoder of EXT_meshopt_compression and KHR_meshopt_compression: vertex codec 0 and 1, index codecs, filters.

Written from the extensions' specification. NumPy instead of the WebAssembly decoder because uploads are read where
nothing may be loaded any more, and because a damaged stream can then do no more than raise. Every read is inside the
stream; what comes out is as long as the caller allowed.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..errors import SourceError

U8 = NDArray[np.uint8]
F64 = NDArray[np.float64]
GROUP = 16
# bits per delta by a group's two header bits: codec 0, codec 1 with control 0, codec 1 with control 1
BITS = ((0, 2, 4, 8), (0, 1, 2, 4), (1, 2, 4, 8))


def decode(source: bytes, mode: str, kind: str, count: int, stride: int) -> bytes:
    """`count * stride` bytes. mode: ATTRIBUTES, TRIANGLES, INDICES.  kind: the filter, "NONE" for none."""
    try:
        if mode == "ATTRIBUTES" and stride % 4 == 0 and 0 < stride <= 256:
            rows = vertices(np.frombuffer(source, np.uint8), count, stride)
            return unfilter(rows, kind)
        if mode in ("TRIANGLES", "INDICES") and stride in (2, 4) and kind == "NONE":
            values = triangles(source, count) if mode == "TRIANGLES" else sequence(source, count)
            if count and not 0 <= min(values) <= max(values) < 1 << 8 * stride:
                raise SourceError("The file is damaged: a compressed index list cannot be unpacked")
            return np.array(values, f"<u{stride}").tobytes()
    except (IndexError, ValueError) as error:
        raise SourceError("The file is damaged: compressed data cannot be unpacked") from error
    raise SourceError("The file is damaged: its compression is of no known kind")


@cache
def escapes(bits: int) -> tuple[int, ...]:
    """How many values of a packed byte are all ones, which stand for a byte of their own."""
    per, full = 8 // bits, (1 << bits) - 1
    return tuple(sum((b >> bits * k) & full == full for k in range(per)) for b in range(256))


def vertices(source: U8, count: int, stride: int) -> U8:
    """Mode ATTRIBUTES before filters: (count, stride)."""
    if not len(source) or source[0] not in (0xA0, 0xA1):
        raise ValueError("codec")
    modern = source[0] == 0xA1
    tail = stride + stride // 4 if modern else stride
    padded = max(tail, 24 if modern else 32)
    if len(source) < 1 + padded:
        raise ValueError("tail")
    base = source[len(source) - tail :][:stride]
    channels = source[len(source) - stride // 4 :] if modern else np.zeros(stride // 4, np.uint8)
    deltas = unpack(source, count, stride, modern, len(source) - padded)
    out = np.empty((count, stride), np.uint8)
    for k in range(0, stride, 4):
        column, first = deltas[k : k + 4, :count], base[k : k + 4]
        how = int(channels[k // 4])
        if how & 3 == 0:
            step = (column >> 1) ^ -(column & 1)
            out[:, k : k + 4] = (np.cumsum(step, axis=1, dtype=np.uint8) + first[:, None]).T
        elif how & 3 == 1:
            wide = np.ascontiguousarray(column.T).view("<u2")
            step16 = (wide >> 1) ^ -(wide & 1)
            total = np.cumsum(step16, axis=0, dtype=np.uint16) + np.ascontiguousarray(first).view("<u2")
            out[:, k : k + 4] = total.astype("<u2").view(np.uint8)
        elif how & 3 == 2:
            word = np.ascontiguousarray(column.T).view("<u4")[:, 0]
            turn = np.uint32(how >> 4)
            word = (word >> turn) | (word << (np.uint32(32) - turn)) if turn else word
            mixed = np.bitwise_xor.accumulate(word) ^ np.ascontiguousarray(first).view("<u4")[0]
            out[:, k : k + 4] = mixed.astype("<u4").view(np.uint8).reshape(-1, 4)
        else:
            raise ValueError("channel")
    return out


def unpack(source: U8, count: int, stride: int, modern: bool, end: int) -> U8:
    """The deltas, (stride, count rounded up to 16): a walk over the groups' heads, then each kind at once."""
    data = source.tobytes()
    block = min((0x2000 // stride) & ~0xF, 0x100)
    width = -(-count // GROUP) * GROUP
    out = np.zeros((stride, width), np.uint8)
    places: dict[int, tuple[list[int], list[int]]] = {1: ([], []), 2: ([], []), 4: ([], []), 8: ([], [])}
    at = 1
    for start in range(0, count, block):
        size = min(block, count - start)
        groups = -(-size // GROUP)
        controls, at = (at, at + stride // 4) if modern else (0, at)
        for k in range(stride):
            control = data[controls + (k >> 2)] >> ((k & 3) << 1) & 3 if modern else 0
            if control == 2:
                continue
            if control == 3:
                out[k, start : start + size] = source[at : at + size]
                at += size
                continue
            head, at = at, at + (groups + 3) // 4
            table = BITS[control + 1 if modern else 0]
            target = k * width + start
            for g in range(groups):
                bits = table[data[head + (g >> 2)] >> ((g & 3) << 1) & 3]
                if bits:
                    froms, tos = places[bits]
                    froms.append(at)
                    tos.append(target + g * GROUP)
                    at += 2 * bits
                    if bits < 8:
                        extra = escapes(bits)
                        for byte in data[at - 2 * bits : at]:
                            at += extra[byte]
            if at > end:
                raise ValueError("overrun")
    if at != end:
        raise ValueError("length")
    flat = out.reshape(-1)
    for bits, (froms, tos) in places.items():
        if froms:
            values = group_values(source, np.array(froms), bits)
            flat[np.array(tos)[:, None] + np.arange(GROUP)] = values
    return out


def group_values(source: U8, place: NDArray[np.int64], bits: int) -> U8:
    """The sixteen deltas of groups of one kind: (groups, 16)."""
    packed = source[place[:, None] + np.arange(2 * bits)]
    if bits == 8:
        return np.asarray(packed, np.uint8)
    shifts = np.arange(8) if bits == 1 else np.arange(8 - bits, -1, -bits)
    full = (1 << bits) - 1
    values = ((packed[:, :, None] >> shifts.astype(np.uint8)) & np.uint8(full)).reshape(len(place), GROUP)
    own = values == full
    rank = np.cumsum(own, axis=1) - 1
    where = place[:, None] + 2 * bits + rank
    return np.where(own, source[np.where(own, where, 0)], values).astype(np.uint8)


def unfilter(rows: U8, kind: str) -> bytes:
    """Undo a filter."""
    count, stride = rows.shape
    if kind == "NONE":
        return rows.tobytes()
    if kind == "EXPONENTIAL":
        value = np.ascontiguousarray(rows).view("<i4")
        with np.errstate(over="ignore"):
            whole: F64 = np.ldexp(((value << 8) >> 8).astype(np.float64), value >> 24)
            return whole.astype("<f4").tobytes()
    if kind == "OCTAHEDRAL" and stride in (4, 8):
        packed = np.ascontiguousarray(rows).view("i1" if stride == 4 else "<i2").reshape(count, 4)
        x, y, one = (packed[:, k].astype(np.float64) for k in range(3))
        one = np.where(one == 0, 1.0, one)
        x, y = x / one, y / one
        z = 1.0 - np.abs(x) - np.abs(y)
        fold = np.maximum(-z, 0.0)
        x, y = x - np.where(x >= 0, fold, -fold), y - np.where(y >= 0, fold, -fold)
        top = 127.0 if stride == 4 else 32767.0
        length = np.maximum(np.sqrt(x * x + y * y + z * z), 1e-12)
        unit = np.stack([x, y, z], axis=1) * (top / length)[:, None]
        held = packed.copy()
        held[:, :3] = np.clip(nearest(unit), -top, top).astype(packed.dtype)
        return held.tobytes()
    if kind == "QUATERNION" and stride == 8:
        packed = np.ascontiguousarray(rows).view("<i2").reshape(count, 4)
        largest = packed[:, 3] & 3
        scale = np.sqrt(0.5) / (packed[:, 3] | 3)
        rest = packed[:, :3] * scale[:, None]
        last = np.sqrt(np.maximum(0.0, 1.0 - (rest * rest).sum(axis=1)))
        out16 = np.zeros((count, 4), "<i2")
        row = np.arange(count)
        for k in range(3):
            out16[row, (largest + 1 + k) % 4] = np.clip(nearest(rest[:, k] * 32767), -32768, 32767)
        out16[row, largest] = np.clip(nearest(last * 32767), -32768, 32767)
        return out16.tobytes()
    if kind == "COLOR" and stride in (4, 8):
        wide = stride // 4
        raw = np.ascontiguousarray(rows).view(f"<u{wide}").reshape(count, 4)
        luma, alpha = raw[:, 0].astype(np.int64), raw[:, 3].astype(np.int64)
        orange, green = (raw[:, k].view(f"<i{wide}").astype(np.int64) for k in (1, 2))
        span = (np.int64(1) << (np.floor(np.log2(np.maximum(alpha, 1))).astype(np.int64) + 1)) - 1
        clear = alpha & (span >> 1)
        clear = (clear << 1) | (clear & 1)
        rgba = np.stack([luma + orange - green, luma + green, luma - orange - green, clear], axis=1)
        top_color = (1 << (8 * wide)) - 1
        scaled = np.clip(nearest(rgba * (top_color / span)[:, None]), 0, top_color)
        return bytes(scaled.astype(f"<u{wide}").tobytes())
    raise ValueError(kind)


def nearest(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rounded, halves away from zero."""
    return np.trunc(values + np.copysign(0.5, values))


def numbers(source: bytes, at: int) -> Iterator[int]:
    """Numbers of seven bits a byte, lowest first."""
    while True:
        value = shift = 0
        while True:
            byte = source[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > 35:
                raise ValueError("number")
        yield value


def signed(value: int) -> int:
    """Zigzag to signed."""
    return (value >> 1) ^ -(value & 1)


def sequence(source: bytes, count: int) -> list[int]:
    """Mode INDICES."""
    if not source or source[0] != 0xD1 or count > len(source):
        raise ValueError("codec")
    last, out = [0, 0], []
    read = numbers(source, 1)
    for _ in range(count):
        value = next(read)
        last[value & 1] += signed(value >> 1)
        out.append(last[value & 1])
    return out


def triangles(source: bytes, count: int) -> list[int]:
    """Mode TRIANGLES, codec 1: triangles that share edges and vertices with those shortly before."""
    faces = count // 3
    if not source or source[0] != 0xE1 or count % 3 or len(source) < 17 + faces:
        raise ValueError("codec")
    auxiliary = source[len(source) - 16 :]
    data = 1 + faces
    following = last = 0
    edges = [(0, 0)] * 16
    recent = [0] * 16
    e = v = 0
    out: list[int] = []

    def number() -> int:
        nonlocal data
        value = shift = 0
        while True:
            byte = source[data]
            data += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 35:
                raise ValueError("number")

    for code in source[1 : 1 + faces]:
        high, low = code >> 4, code & 15
        if high < 15:
            a, b = edges[(e - 1 - high) & 15]
            if low == 0:
                c, following = following, following + 1
            elif low < 13:
                c = recent[(v - 1 - low) & 15]
            else:
                last = last - 1 if low == 13 else last + 1 if low == 14 else last + signed(number())
                c = last
            if low == 0 or low >= 13:
                recent[v & 15] = c
                v += 1
            edges[e & 15] = (c, b)
            edges[(e + 1) & 15] = (a, c)
            e += 2
        else:
            if low < 14:
                pair = auxiliary[low]
            else:
                pair = source[data]
                data += 1
                if pair == 0:
                    following = 0
            z, w = pair >> 4, pair & 15
            if low < 15:
                a, following = following, following + 1
            else:
                last += signed(number())
                a = last
            if z == 0:
                b, following = following, following + 1
            elif z == 15 and low >= 14:
                last += signed(number())
                b = last
            else:
                b = recent[(v - z) & 15]
            if w == 0:
                c, following = following, following + 1
            elif w == 15 and low >= 14:
                last += signed(number())
                c = last
            else:
                c = recent[(v - w) & 15]
            for corner, fresh in (
                (a, True),
                (b, z == 0 or (z == 15 and low >= 14)),
                (c, w == 0 or (w == 15 and low >= 14)),
            ):
                if fresh:
                    recent[v & 15] = corner
                    v += 1
            edges[e & 15], edges[(e + 1) & 15], edges[(e + 2) & 15] = (b, a), (c, b), (a, c)
            e += 3
        out += (a, b, c)
    if data > len(source) - 16:
        raise ValueError("overrun")
    return out
