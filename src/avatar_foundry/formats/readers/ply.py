"""PLY, ASCII and binary: vertices with normals, colours and uvs; polygons and strips. No unit, no axes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...avatar import Avatar, Material
from ...errors import SourceError
from .bundle import Bundle
from .images import picture
from .numbers import floats
from .obj import linear
from .pieces import Piece, finite, parts_of, within
from .polygons import triangles
from .upload import Log

TYPES = {
    **dict.fromkeys(("char", "int8"), "i1"),
    **dict.fromkeys(("uchar", "uint8"), "u1"),
    **dict.fromkeys(("short", "int16"), "i2"),
    **dict.fromkeys(("ushort", "uint16"), "u2"),
    **dict.fromkeys(("int", "int32"), "i4"),
    **dict.fromkeys(("uint", "uint32"), "u4"),
    **dict.fromkeys(("float", "float32"), "f4"),
    **dict.fromkeys(("double", "float64"), "f8"),
}
ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}
MAX_HEADER = 65536
MAX_ROWS = 50_000_000


@dataclass(slots=True)
class Property:
    """A column. size: type of the count before a list, "" for plain values."""

    name: str
    kind: str
    size: str = ""


@dataclass(slots=True)
class Element:
    """A table of the file."""

    name: str
    count: int
    columns: list[Property]


Table = dict[str, Any]  # name -> (N,) values, or for lists (sizes (N,), values (sum of sizes,))


def read_ply(name: str, data: bytes, bundle: Bundle, log: Log) -> Avatar:
    """The mesh of a PLY file."""
    order, elements, comments, start = read_header(data)
    tables = read_ascii(data, start, elements) if order == "" else read_binary(data, start, elements, order)
    v = tables.get("vertex")
    if v is None or not {"x", "y", "z"} <= v.keys():
        raise SourceError("The file holds no vertices")
    positions = finite(columns(v, "x", "y", "z"), "vertex positions")
    fan, corners = polygons(tables, len(positions), log)
    faces = corners[fan].astype(np.int32)
    uvs, uv_faces = read_uvs(v, tables, fan, faces)
    normals = np.nan_to_num(columns(v, "nx", "ny", "nz")) if {"nx", "ny", "nz"} <= v.keys() else None
    colors = read_colors(v)
    materials: tuple[Material, ...] = ()
    if files := [c.split(" ", 1)[1] for c in comments if c.startswith("TextureFile ")]:
        found = bundle.find(files[0].strip())
        if found is None:
            log.note(f"The texture {files[0]} is not in the upload.")
        materials = (Material("material", base=picture(found[0], found[1], log) if found else None),)
    piece = Piece(
        name or "mesh", positions, faces, uvs, uv_faces, normals, faces if normals is not None else None,
        colors, faces if colors is not None else None, np.zeros(len(faces), np.int32) if materials else None,
    )  # fmt: skip
    names = [m.name for m in materials]
    return Avatar(name=name, parts=tuple(parts_of(piece, names, log, set())), materials=materials)


def read_header(data: bytes) -> tuple[str, list[Element], list[str], int]:
    """(byte order, elements, comments, where the body starts)."""
    at = data.find(b"end_header", 0, MAX_HEADER)
    start = data.find(b"\n", at) + 1 if b"\n" in data[:16] else data.find(b"\r", at) + 1
    if at < 0 or start <= 0:
        raise SourceError("The file is cut off: its header does not end")
    order, elements, comments = None, [], []
    for line in data[:at].decode("latin-1").replace("\r", "\n").split("\n")[1:]:
        words = line.split()
        if not words:
            continue
        try:
            if words[0] == "format":
                order = ORDERS[words[1]]
            elif words[0] == "comment":
                comments.append(line[8:])
            elif words[0] == "element":
                count = int(words[2])
                if not 0 <= count <= MAX_ROWS:
                    raise SourceError(f"The file is damaged: it names {count} entries of {words[1]}")
                elements.append(Element(words[1], count, []))
            elif words[0] == "property" and words[1] == "list":
                elements[-1].columns.append(Property(words[4], TYPES[words[3]], TYPES[words[2]]))
            elif words[0] == "property":
                elements[-1].columns.append(Property(words[2], TYPES[words[1]]))
        except (KeyError, IndexError, ValueError) as error:
            raise SourceError(f"The file is damaged: its header says {line[:60]!r}") from error
    if order is None or len(elements) > 64 or any(len(e.columns) > 256 for e in elements):
        raise SourceError("The file is damaged: its header cannot be used")
    return order, elements, comments, start


def read_binary(data: bytes, at: int, elements: list[Element], order: str) -> dict[str, Table]:
    """All tables of a binary body."""
    tables: dict[str, Table] = {}
    for e in elements:
        if not any(c.size for c in e.columns):
            kind = np.dtype([(f"c{i}", order + c.kind) for i, c in enumerate(e.columns)])
            if e.count * kind.itemsize > len(data) - at:
                raise cut(e, (len(data) - at) // max(kind.itemsize, 1))
            rows = np.frombuffer(data, kind, e.count, at) if e.columns else None
            tables[e.name] = {c.name: rows[f"c{i}"] for i, c in enumerate(e.columns)} if rows is not None else {}
            at += e.count * kind.itemsize
        else:
            tables[e.name], at = read_lists(data, at, e, order)
    return tables


def cut(e: Element, there: int) -> SourceError:
    """The error for a table that ends early."""
    return SourceError(f"The file is cut off: it names {e.count} entries of {e.name} and holds {there}")


def read_lists(data: bytes, at: int, e: Element, order: str) -> tuple[Table, int]:
    """A table with lists: as rows of one shape while that holds, else row by row."""
    least = sum(np.dtype(c.size or c.kind).itemsize for c in e.columns)
    if e.count * least > len(data) - at:
        raise cut(e, (len(data) - at) // least)
    if e.count == 0:
        return {c.name: (np.zeros(0, np.int64), np.zeros(0)) if c.size else np.zeros(0) for c in e.columns}, at
    sizes = first_sizes(data, at, e, order)
    kind = np.dtype(
        [
            field
            for i, c in enumerate(e.columns)
            for field in ([(f"n{i}", order + c.size)] if c.size else [])
            + [(f"c{i}", order + c.kind, (sizes[i],) if c.size else ())]
        ]
    )
    if e.count * kind.itemsize <= len(data) - at:
        rows = np.frombuffer(data, kind, e.count, at)
        if all((rows[f"n{i}"] == sizes[i]).all() for i, c in enumerate(e.columns) if c.size):
            table: Table = {
                c.name: (np.full(e.count, sizes[i], np.int64), rows[f"c{i}"].reshape(-1)) if c.size else rows[f"c{i}"]
                for i, c in enumerate(e.columns)
            }
            return table, at + e.count * kind.itemsize
    return read_rows(data, at, e, order)


def first_sizes(data: bytes, at: int, e: Element, order: str) -> list[int]:
    """List lengths of the first row (0 for plain columns)."""
    out = []
    for c in e.columns:
        kind = np.dtype(order + (c.size or c.kind))
        if at + kind.itemsize > len(data):
            raise cut(e, 0)
        n = list_size(np.frombuffer(data, kind, 1, at)[0], e) if c.size else 0
        out.append(n)
        at += kind.itemsize + n * np.dtype(c.kind).itemsize
        if at > len(data):
            raise cut(e, 0)
    return out


def list_size(value: Any, e: Element) -> int:
    """A list's length, or SourceError."""
    if not 0 <= value < 1 << 24:
        raise SourceError(f"The file is damaged: a list in {e.name} has {value} entries")
    return int(value)


def read_rows(data: bytes, at: int, e: Element, order: str) -> tuple[Table, int]:
    """Rows of different lengths. The way through them is walked once; values are gathered with arrays."""
    widths = [(np.dtype(c.kind).itemsize, np.dtype(c.size).itemsize if c.size else 0) for c in e.columns]
    big = "big" if order == ">" else "little"
    begins: list[list[int]] = [[] for _ in e.columns]
    counts: list[list[int]] = [[] for _ in e.columns]
    end = len(data)
    if any(c.size[:1] == "f" for c in e.columns if c.size):
        raise SourceError("The file is damaged: a list's length is no whole number")
    for row in range(e.count):
        for k, (width, head) in enumerate(widths):
            n = 1
            if head:
                n = data[at] if head == 1 and at < end else int.from_bytes(data[at : at + head], big)  # type: ignore[arg-type]
                at += head
            begins[k].append(at)
            counts[k].append(n)
            at += n * width
        if at > end:
            raise cut(e, row)
    table: Table = {}
    raw = np.frombuffer(data, np.uint8)
    for k, c in enumerate(e.columns):
        start, each = np.array(begins[k]), np.array(counts[k])
        width = widths[k][0]
        step = np.arange(int(each.sum())) - np.repeat(np.cumsum(each) - each, each)
        place = (np.repeat(start, each) + step * width)[:, None] + np.arange(width)
        values = np.ascontiguousarray(raw[place]).view(order + c.kind)[:, 0] if len(place) else np.zeros(0)
        table[c.name] = (each, values) if c.size else values
    return table, at


def read_ascii(data: bytes, start: int, elements: list[Element]) -> dict[str, Table]:
    """All tables of an ASCII body, which is one long list of numbers."""
    values = floats(data[start:].replace(b"\r", b"\n"), "its body")
    tables: dict[str, Table] = {}
    at = 0
    for e in elements:
        least = len(e.columns)
        if e.count * least > len(values) - at:
            raise cut(e, (len(values) - at) // max(least, 1))
        if not any(c.size for c in e.columns):
            rows = values[at : at + e.count * least].reshape(e.count, least)
            tables[e.name] = {c.name: rows[:, i] for i, c in enumerate(e.columns)}
            at += e.count * least
            continue
        begins: list[list[int]] = [[] for _ in e.columns]
        counts: list[list[int]] = [[] for _ in e.columns]
        for row in range(e.count):
            for k, c in enumerate(e.columns):
                n = 1
                if c.size:
                    n = list_size(values[at], e) if at < len(values) else 0
                    at += 1
                begins[k].append(at)
                counts[k].append(n)
                at += n
            if at > len(values):
                raise cut(e, row)
        table: Table = {}
        for k, c in enumerate(e.columns):
            begin, count = np.array(begins[k], np.int64), np.array(counts[k], np.int64)
            step = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
            flat = values[np.repeat(begin, count) + step]
            table[c.name] = (count, flat) if c.size else flat
        tables[e.name] = table
    return tables


def columns(table: Table, *names: str) -> NDArray[np.float64]:
    """Plain columns side by side."""
    if any(isinstance(table[n], tuple) for n in names):
        raise SourceError("The file is damaged: a vertex property is a list")
    return np.stack([np.asarray(table[n], np.float64) for n in names], axis=1)


def polygons(tables: dict[str, Table], count: int, log: Log) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """(triangles as places in the corner list (T, 3), corner list)."""
    f = tables.get("face", {})
    held = f.get("vertex_indices", f.get("vertex_index"))
    if isinstance(held, tuple):
        sizes, corners = held
        within(corners, count, "a face")
        log.counts["polygons"] += int((sizes > 3).sum())
        return triangles(sizes, np.cumsum(sizes) - sizes)[0], np.asarray(corners, np.int64)
    strips = tables.get("tristrips", {}).get("vertex_indices")
    if isinstance(strips, tuple):
        flat = np.asarray(strips[1], np.int64)
        rows = np.stack([flat[:-2], flat[1:-1], flat[2:]], axis=1) if len(flat) > 2 else np.zeros((0, 3), np.int64)
        begin = np.zeros(len(flat), np.int64)
        begin[1:] = np.where(flat[:-1] < 0, np.arange(1, len(flat)), 0)
        odd = (np.arange(len(rows)) - np.maximum.accumulate(begin)[: len(rows)]) % 2 == 1
        rows[odd] = rows[odd][:, [1, 0, 2]]
        rows = rows[(rows >= 0).all(axis=1)]
        within(rows, count, "a strip")
        return np.arange(rows.size).reshape(-1, 3), rows.reshape(-1)
    raise SourceError("The file holds points, but no faces", hint="Make a mesh of the scan first.")


def read_uvs(
    v: Table, tables: dict[str, Table], fan: NDArray[Any], faces: NDArray[np.int32]
) -> tuple[NDArray[np.float64] | None, NDArray[np.int32] | None]:
    """(uvs, uv_faces) from the vertices or from the faces' own lists."""
    for pair in (("s", "t"), ("u", "v"), ("texture_u", "texture_v")):
        if set(pair) <= v.keys():
            uvs = finite(columns(v, *pair), "uvs")
            uvs[:, 1] = 1.0 - uvs[:, 1]
            return uvs, faces
    held = tables.get("face", {}).get("texcoord")
    if isinstance(held, tuple) and len(held[1]) and "face" in tables:
        sizes = tables["face"]["vertex_indices" if "vertex_indices" in tables["face"] else "vertex_index"][0]
        if np.array_equal(held[0], 2 * sizes):
            uvs = finite(np.asarray(held[1], np.float64).reshape(-1, 2).copy(), "uvs")
            uvs[:, 1] = 1.0 - uvs[:, 1]
            return uvs, fan.astype(np.int32)
    return None, None


def read_colors(v: Table) -> NDArray[np.float64] | None:
    """(V, 4) linear colours."""
    for r, g, b, a in (("red", "green", "blue", "alpha"), ("r", "g", "b", "a"),
                       ("diffuse_red", "diffuse_green", "diffuse_blue", "alpha")):  # fmt: skip
        if {r, g, b} <= v.keys():
            rgb = columns(v, r, g, b)
            top = 1.0 if v[r].dtype.kind == "f" and rgb.max(initial=0.0) <= 1.0 else 255.0
            out = np.ones((len(rgb), 4))
            out[:, :3] = linear(np.nan_to_num(rgb) / top)
            if a in v:
                out[:, 3] = np.clip(np.nan_to_num(np.asarray(v[a], np.float64)) / top, 0.0, 1.0)
            return out
    return None
