"""What an image's first bytes say, without decoding it: PNG (W3C PNG 11.2), JPEG (ITU T.81 B.2.2), WebP (RFC 9649)."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}  # PNG colour type -> channels; palettes unfold to three
MARKERS = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # JPEG frame headers


class Header(NamedTuple):
    """mime: what the bytes are.  width, height: pixels, 0 when unsaid.  bits: per channel.  profile: what it says of
    colour, in words, or ""."""

    mime: str
    width: int
    height: int
    bits: int
    channels: int
    alpha: bool
    profile: str = ""


def header(data: bytes) -> Header | None:
    """What the image says of itself; None when it is no PNG, JPEG or WebP, or ends too early."""
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return _png(data)
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
    except (struct.error, IndexError, KeyError):
        pass
    return None


def _png(data: bytes) -> Header:
    width, height, bits, kind = struct.unpack_from(">IIBB", data, 16)
    seen = dict(_chunks(data))
    profile = "an ICC profile" if b"iCCP" in seen else ""
    gamma = struct.unpack_from(">I", data, seen[b"gAMA"])[0] if b"gAMA" in seen else 45455
    if not profile and b"sRGB" not in seen and abs(gamma - 45455) > 100:  # 1 / 2.2: what sRGB is said as
        profile = f"a gamma of {gamma / 100000:.3f}"
    alpha = kind in (4, 6) or b"tRNS" in seen
    return Header("image/png", width, height, 8 if kind == 3 else bits, CHANNELS[kind], alpha, profile)


def _chunks(data: bytes) -> Iterator[tuple[bytes, int]]:
    """(type, offset of its content) of the chunks before the pixels."""
    at = 8
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IDAT":
            return
        yield kind, at + 8
        at += 12 + length


def _jpeg(data: bytes) -> Header:
    at, profile = 2, ""
    while True:
        while data[at + 1] == 0xFF:  # fill bytes
            at += 1
        marker, length = data[at + 1], struct.unpack_from(">H", data, at + 2)[0]
        if marker == 0xE2 and data[at + 4 : at + 15] == b"ICC_PROFILE":
            profile = "an ICC profile"
        if marker in MARKERS:
            bits, height, width, channels = struct.unpack_from(">BHHB", data, at + 4)
            return Header("image/jpeg", width, height, bits, channels, alpha=False, profile=profile)
        at += 2 + length


def _webp(data: bytes) -> Header:
    kind = data[12:16]
    if kind == b"VP8X":
        flags = data[20]
        width, height = (1 + int.from_bytes(data[i : i + 3], "little") for i in (24, 27))
        alpha = bool(flags & 0x10)
        return Header(
            "image/webp", width, height, 8, 4 if alpha else 3, alpha, "an ICC profile" if flags & 0x20 else ""
        )
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        alpha = bool(bits >> 28 & 1)
        return Header("image/webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), 8, 4 if alpha else 3, alpha)
    width, height = struct.unpack_from("<HH", data, 26)
    return Header("image/webp", width & 0x3FFF, height & 0x3FFF, 8, 3, alpha=False)
