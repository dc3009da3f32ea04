"""Wavefront OBJ: positions, colours, uvs, normals, polygons, objects, materials. No unit, no axes.

The text is taken apart with arrays, a few megabytes at a time: two million lines take a few seconds.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...avatar import Avatar
from ...errors import SourceError
from .bundle import Bundle
from .mtl import Library
from .numbers import floats, integers
from .pieces import Piece, finite, parts_of, within
from .polygons import triangles
from .upload import Log

CHUNK = 8 << 20
COMMENT = re.compile(rb"(?:^|(?<=[ \t]))#[^\n]*", re.MULTILINE)
SKIP, V, VT, VN, F, WORD = range(6)
MAX_OBJECTS = 256
NONE = np.iinfo(np.int64).min  # "this corner has none", before indices are resolved


@dataclass(eq=False, slots=True)
class Text:
    """What was gathered from the lines."""

    v: list[NDArray[np.float64]] = field(default_factory=list)
    rgb: list[NDArray[np.float64]] = field(default_factory=list)
    vt: list[NDArray[np.float64]] = field(default_factory=list)
    vn: list[NDArray[np.float64]] = field(default_factory=list)
    sizes: list[NDArray[np.int64]] = field(default_factory=list)
    corners: list[NDArray[np.int64]] = field(default_factory=list)  # (C, 3): v, vt, vn, counted from 0
    owner: list[NDArray[np.int32]] = field(default_factory=list)  # (polygons, 3): object, group, material
    count: NDArray[np.int64] = field(default_factory=lambda: np.zeros(3, np.int64))  # v, vt, vn so far
    now: list[int] = field(default_factory=lambda: [0, 0, -1])
    objects: dict[str, int] = field(default_factory=lambda: {"": 0})
    groups: dict[str, int] = field(default_factory=lambda: {"": 0})
    materials: dict[str, int] = field(default_factory=dict)
    libraries: list[str] = field(default_factory=list)


def read_obj(name: str, data: bytes, bundle: Bundle, log: Log) -> Avatar:
    """The model of an OBJ file and of the MTL files and pictures beside it."""
    if b"\0" in data:
        raise SourceError("The file is damaged: it is not text")
    text = Text()
    for chunk in pieces_of(data):
        read_lines(chunk, text)
    library = Library(bundle, log)
    for file in text.libraries:
        library.read(file)
    names = list(text.materials)
    materials = tuple(library.material(n) for n in names)
    taken: set[str] = set()
    parts = tuple(p for piece in pieces(text, name, log) for p in parts_of(piece, names, log, taken))
    return Avatar(name=name, parts=parts, materials=materials)


def pieces_of(data: bytes) -> Iterator[bytes]:
    """The text in pieces that end with a line, continued lines joined."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    if b"\\" in data:
        data = re.sub(rb"\\[ \t]*\r?\n", b"  ", data)
    at = 0
    while at < len(data):
        end = data.rfind(b"\n", at, at + CHUNK) + 1 if at + CHUNK < len(data) else len(data)
        if end <= at:
            raise SourceError("The file is damaged: it has a line of more than 8 MB")
        yield data[at:end] if data[end - 1 : end] == b"\n" else data[at:end] + b"\n"
        at = end


def read_lines(chunk: bytes, text: Text) -> None:
    """Sort a piece's lines by what they say, and read each kind at once."""
    if b"#" in chunk:
        chunk = COMMENT.sub(b"", chunk)
    c = np.frombuffer(chunk + b"  ", np.uint8).copy()
    ends = np.flatnonzero(c == 10)
    if not len(ends):
        return
    solid = c > 32
    starts = solid.copy()
    starts[1:] &= ~solid[:-1]
    token = np.flatnonzero(starts)  # where tokens begin
    line = np.searchsorted(ends, token)
    first = np.ones(len(token), bool)
    first[1:] = line[1:] != line[:-1]
    head, rows = token[first], line[first]  # the first token of each line that has one
    tokens = np.bincount(line, minlength=len(ends))[rows] - 1
    a, b, d = c[head], c[head + 1], c[head + 2]
    kind = np.full(len(head), SKIP, np.uint8)
    one, two = b <= 32, d <= 32
    kind[(a == ord("v")) & one] = V
    kind[(a == ord("v")) & (b == ord("t")) & two] = VT
    kind[(a == ord("v")) & (b == ord("n")) & two] = VN
    kind[(a == ord("f")) & one] = F
    kind[(((a == ord("o")) | (a == ord("g"))) & one) | (a == ord("u")) | (a == ord("m"))] = WORD
    if not (kind != SKIP).any():
        return
    lengths = np.diff(ends, prepend=-1)
    begins = np.concatenate([[0], ends[:-1] + 1])[rows]
    stops = ends[rows] + 1
    c[head[kind != WORD]] = 32
    c[head[(kind == VT) | (kind == VN)] + 1] = 32

    def lines(chosen: NDArray[np.bool_]) -> bytes:
        flags = np.zeros(len(ends), bool)
        flags[rows[chosen]] = True
        text: bytes = c[: ends[-1] + 1][np.repeat(flags, lengths)].tobytes()
        return text

    base = text.count.copy()
    before = np.stack([np.cumsum(kind == k) for k in (V, VT, VN)], axis=1) + base
    for k, store, least in ((V, text.v, 3), (VT, text.vt, 1), (VN, text.vn, 3)):
        some = kind == k
        if not some.any():
            continue
        found = table(some, tokens, lines, least, text.rgb if k == V else None)
        store.append(found)
    text.count = before[-1].astype(np.int64)
    owners = read_words(chunk, kind, begins, stops, text)
    faces = kind == F
    if faces.any():
        text.owner.append(owners[faces])
        text.sizes.append(tokens[faces].astype(np.int64))
        text.corners.append(read_faces(c, faces, token, line, rows, first, tokens, before, lines))


def table(
    some: NDArray[np.bool_], tokens: NDArray[Any], lines: Any, least: int, rgb: list[NDArray[np.float64]] | None
) -> NDArray[np.float64]:
    """The numbers of the chosen lines: (N, 3), for uvs (N, 2); colours behind positions go to `rgb`."""
    widths = np.unique(tokens[some])
    if int(widths[0]) < least or int(widths[-1]) > 16:
        raise SourceError("The file is damaged: a vertex has too few or too many numbers")
    count = int(some.sum())
    out = np.zeros((count, 3 if least == 3 else 2))
    tint = np.ones((count, 3))
    for width in widths.tolist():
        these = some & (tokens == width)
        values = floats(lines(these), "vertex data")
        if len(values) != width * int(these.sum()):
            raise SourceError("The file is damaged: vertex data cannot be read as numbers")
        values = values.reshape(-1, width)
        place = (these[some]) if len(widths) > 1 else slice(None)
        out[place, : min(width, out.shape[1])] = values[:, : out.shape[1]]
        if rgb is not None and width >= 6:
            tint[place] = values[:, 3:6]
    if rgb is not None:
        rgb.append(tint if int(widths[-1]) >= 6 else np.zeros((count, 0)))
    return out


def read_words(
    chunk: bytes, kind: NDArray[np.uint8], begins: NDArray[Any], stops: NDArray[Any], text: Text
) -> NDArray[np.int32]:
    """Object, group and material that hold at each line: (lines, 3)."""
    where = np.flatnonzero(kind == WORD)
    states = [tuple(text.now)]
    for i in where.tolist():
        word, _, rest = chunk[begins[i] : stops[i]].strip().partition(b" ")
        label = rest.strip().decode("utf-8", "replace")[:200]
        if word == b"o":
            text.now[0] = text.objects.setdefault(label, len(text.objects))
        elif word == b"g":
            text.now[1] = text.groups.setdefault(label, len(text.groups))
        elif word == b"usemtl":
            text.now[2] = text.materials.setdefault(label, len(text.materials))
        elif word == b"mtllib" and len(text.libraries) < 16:
            text.libraries.append(label)
        states.append((text.now[0], text.now[1], text.now[2]))
    step = np.cumsum(kind == WORD)
    held: NDArray[np.int32] = np.array(states, np.int32)[step]
    return held


def read_faces(
    c: NDArray[np.uint8],
    faces: NDArray[np.bool_],
    token: NDArray[Any],
    line: NDArray[Any],
    rows: NDArray[Any],
    first: NDArray[np.bool_],
    tokens: NDArray[Any],
    before: NDArray[Any],
    lines: Any,
) -> NDArray[np.int64]:
    """Corners (C, 3) of all polygons of a piece, counted from 0; -1 where a corner has no uv or normal."""
    row_of = np.cumsum(first) - 1  # the row that each token stands in
    corner = faces[row_of] & ~first
    slash = c == ord("/")
    slashes = np.add.reduceat(slash.view(np.uint8), token)[corner]
    pattern = np.minimum(slashes, 3)
    twice = slash[:-1] & slash[1:]
    if twice.any():
        pattern += 4 * (np.add.reduceat(twice.view(np.uint8), token)[corner] > 0).astype(np.uint8)
    out = np.full((len(pattern), 3), NONE)
    owner = row_of[corner]
    c[slash] = 32
    kinds = np.unique(pattern)
    for p in kinds.tolist():
        columns = {0: (0,), 1: (0, 1), 2: (0, 1, 2), 6: (0, 2)}.get(p)
        if columns is None:
            raise SourceError("The file is damaged: a face cannot be read")
        these = pattern == p
        chosen = faces
        if len(kinds) > 1:
            count = np.bincount(owner[these], minlength=len(faces))
            chosen = faces & (count > 0)
            if (count[chosen] != tokens[chosen]).any():
                raise SourceError("The file is damaged: the corners of a face are written in different ways")
        values = integers(lines(chosen), "faces")
        if len(values) != len(columns) * int(these.sum()):
            raise SourceError("The file is damaged: a face cannot be read")
        for k, column in enumerate(columns):
            out[these, column] = values[k :: len(columns)]
    if (out == 0).any():
        raise SourceError("The file is damaged: a face names entry 0; OBJ counts from 1")
    back = (out < 0) & (out != NONE)
    ahead = out > 0
    resolved = np.where(back, out + before[owner], np.where(ahead, out - 1, -1))
    if (resolved[back] < 0).any():
        raise SourceError("The file is damaged: a face counts back beyond the first vertex")
    return np.asarray(resolved, np.int64)


def pieces(text: Text, name: str, log: Log) -> Iterator[Piece]:
    """One piece per object, or per group when there are no objects."""
    if not text.sizes:
        raise SourceError("The file holds no faces", hint="Export the mesh, not only its points.")
    positions = finite(np.concatenate(text.v) if text.v else np.zeros((0, 3)), "vertex positions")
    corners, sizes = np.concatenate(text.corners), np.concatenate(text.sizes)
    owner = np.concatenate(text.owner)
    within(corners[:, 0], len(positions), "a face")
    has_uv, has_normal = bool((corners[:, 1] >= 0).all()), bool((corners[:, 2] >= 0).all())
    uvs = finite(np.concatenate(text.vt), "uvs") if text.vt else np.zeros((0, 2))
    normals = np.nan_to_num(np.concatenate(text.vn)) if text.vn else np.zeros((0, 3))
    if has_uv:
        within(corners[:, 1], len(uvs), "a face's uv")
        uvs[:, 1] = 1.0 - uvs[:, 1]
    elif (corners[:, 1] >= 0).any():
        log.note("Some faces have no uvs; the uvs of the others were left out.")
    if has_normal:
        within(corners[:, 2], len(normals), "a face's normal")
    starts = np.cumsum(sizes) - sizes
    fan, polygon = triangles(sizes, starts, positions[corners[:, 0]] if (sizes > 3).any() else None)
    log.counts["polygons"] += int((sizes > 3).sum())
    log.counts["lines_left_out"] += int((sizes < 3).sum())
    if not len(fan):
        raise SourceError("The file holds no triangles")
    column, titles = (0, list(text.objects)) if len(text.objects) > 1 else (1, list(text.groups))
    label = owner[polygon, column]
    kinds = np.unique(label)
    if len(kinds) > MAX_OBJECTS:
        log.note(f"The file has {len(kinds)} groups; they were read as one mesh.")
        label, kinds = np.zeros_like(label), np.zeros(1, np.int64)
    rgb = None
    if any(t.shape[1] for t in text.rgb):
        rgb = np.concatenate([t if t.shape[1] else np.ones((len(t), 3)) for t in text.rgb])
        rgb = linear(rgb if rgb.max() <= 1.0 else rgb / 255.0)
        rgb = np.concatenate([rgb, np.ones((len(rgb), 1))], axis=1)
    material = owner[polygon, 2]
    for n in kinds.tolist():
        some = fan if len(kinds) == 1 else fan[label == n]
        faces = corners[some, 0].astype(np.int32)
        points, tint = positions, rgb
        if len(kinds) > 1:
            used = np.zeros(len(positions), bool)
            used[faces] = True
            faces = (np.cumsum(used, dtype=np.int32) - 1)[faces]
            points, tint = positions[used], rgb[used] if rgb is not None else None
        uv_faces = corners[some, 1].astype(np.int32) if has_uv else None
        yield Piece(
            name=titles[n] or name or "mesh",
            positions=points,
            faces=faces,
            uvs=uvs if has_uv else None,
            uv_faces=uv_faces,
            normals=normals if has_normal else None,
            normal_faces=corners[some, 2].astype(np.int32) if has_normal else None,
            colors=tint,
            color_faces=faces if tint is not None else None,
            material=material if len(kinds) == 1 else material[label == n],
        )


def linear(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Colours as screens show them -> linear ones."""
    clipped = np.clip(srgb, 0.0, 1.0)
    out: NDArray[np.float64] = np.where(clipped <= 0.04045, clipped / 12.92, ((clipped + 0.055) / 1.055) ** 2.4)
    return out
