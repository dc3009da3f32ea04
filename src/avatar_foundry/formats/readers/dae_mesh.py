"""Meshes of COLLADA files: sources, inputs, polygons of every kind."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import SourceError
from .numbers import floats
from .pieces import Piece, finite, within
from .polygons import triangles
from .upload import Log
from .xml import Element

KINDS = ("triangles", "polylist", "polygons", "tristrips", "trifans")
SEMANTICS = {"VERTEX": 0, "TEXCOORD": 1, "NORMAL": 2, "COLOR": 3}
WIDTHS = (3, 2, 3, 3)


@dataclass(eq=False, slots=True)
class Geometry:
    """A mesh whose `material` counts in `symbols`."""

    piece: Piece
    symbols: list[str]


def number_list(text: str) -> NDArray[np.float64]:
    """Numbers in text."""
    return floats(text.encode("ascii", "replace"), "a list of numbers")


class Sources:
    """Arrays by address, read once."""

    def __init__(self, by_id: dict[str, Element]) -> None:
        self._by_id = by_id
        self._tables: dict[str, NDArray[np.float64]] = {}

    def _source(self, url: str | None) -> Element:
        found = self._by_id.get(url[1:]) if url and url.startswith("#") else None
        if found is None:
            raise SourceError(f"The file is damaged: it names {str(url)[:60]}, which is not there")
        return found

    def table(self, url: str | None, width: int) -> NDArray[np.float64]:
        """A source's rows, (N, width) at least; columns beyond `width` are cut off, missing ones are zero."""
        source = self._source(url)
        key = f"{url} {width}"
        if key not in self._tables:
            array, accessor = source.first("float_array"), source.first("technique_common", "accessor")
            if array is None:
                raise SourceError(f"The file is damaged: {str(url)[:60]} holds no numbers")
            values = number_list(array.text)
            told = array.attributes.get("count", "")
            if told.strip().isdigit() and int(told[:12]) != len(values):
                raise SourceError(f"The file is damaged: {str(url)[:60]} names {told[:12]} numbers, not {len(values)}")
            stride = accessor.attributes.get("stride", "1") if accessor is not None else str(width)
            step = int(stride) if stride.isdigit() and 0 < int(stride[:4]) <= 64 else 0
            if step == 0 or len(values) % step:
                raise SourceError(f"The file is damaged: {str(url)[:60]} has rows of different lengths")
            rows = values.reshape(-1, step)[:, :width]
            if step < width:
                rows = np.concatenate([rows, np.zeros((len(rows), width - step))], axis=1)
            self._tables[key] = finite(rows, f"numbers in {str(url)[:60]}")
        return self._tables[key]

    def words(self, url: str | None) -> list[str]:
        """A source's names."""
        source = self._source(url)
        held = source.first("Name_array") or source.first("IDREF_array") or source.first("SIDREF_array")
        return held.text.split()[:65536] if held is not None else []

    def by_id_reference(self, url: str | None) -> bool:
        """Whether a source's names are ids."""
        return self._source(url).first("IDREF_array") is not None


def read_geometry(name: str, mesh: Element, sources: Sources, log: Log) -> Geometry | None:
    """The polygons of a mesh; None when it has none."""
    positions, extra = vertex_inputs(mesh, sources)
    tables: list[list[NDArray[np.float64]]] = [[], [], []]  # uvs, normals, colours
    counts = [0, 0, 0]
    rows: list[NDArray[np.int64]] = []
    materials: list[NDArray[np.int32]] = []
    symbols: list[str] = []
    for primitive in mesh.children:
        if primitive.tag not in KINDS:
            continue
        corners, faces = read_primitive(primitive, extra)
        if not len(faces):
            continue
        out = np.full((len(corners[0][1]), 4), -1, np.int64)
        out[:, 0] = within(corners[0][1], len(positions), "a polygon")
        for k in (1, 2, 3):
            if k in corners:
                table = sources.table(corners[k][0], WIDTHS[k])
                out[:, k] = within(corners[k][1], len(table), "a polygon") + counts[k - 1]
                tables[k - 1].append(table)
                counts[k - 1] += len(table)
        rows.append(out[faces.reshape(-1)])
        symbol = primitive.attributes.get("material", "")
        if symbol not in symbols:
            symbols.append(symbol)
        materials.append(np.full(len(faces), symbols.index(symbol), np.int32))
    if not rows:
        return None
    flat = np.concatenate(rows)

    def layer(k: int) -> tuple[NDArray[np.float64] | None, NDArray[np.int32] | None]:
        if not tables[k - 1] or (flat[:, k] < 0).any():
            return None, None
        return np.concatenate(tables[k - 1]), flat[:, k].astype(np.int32).reshape(-1, 3)

    uvs, uv_faces = layer(1)
    normals, normal_faces = layer(2)
    colors, color_faces = layer(3)
    if uvs is not None:
        uvs = np.stack([uvs[:, 0], 1.0 - uvs[:, 1]], axis=1)
    if colors is not None:
        colors = np.concatenate([np.clip(colors, 0.0, 1.0), np.ones((len(colors), 1))], axis=1)
    faces = flat[:, 0].astype(np.int32).reshape(-1, 3)
    piece = Piece(name, positions, faces, uvs, uv_faces, normals, normal_faces, colors, color_faces,
                  np.concatenate(materials))  # fmt: skip
    return Geometry(piece, symbols)


def vertex_inputs(mesh: Element, sources: Sources) -> tuple[NDArray[np.float64], dict[int, str | None]]:
    """(positions, sources of what else is kept by vertex)."""
    held = mesh.first("vertices")
    inputs = {i.attributes.get("semantic"): i.attributes.get("source") for i in held.all("input")} if held else {}
    if "POSITION" not in inputs:
        raise SourceError("The file is damaged: a mesh has no positions")
    extra = {SEMANTICS[k]: v for k, v in inputs.items() if k in SEMANTICS and k != "VERTEX"}
    return sources.table(inputs["POSITION"], 3), extra


def read_primitive(
    primitive: Element, extra: dict[int, str | None]
) -> tuple[dict[int, tuple[str | None, NDArray[Any]]], NDArray[Any]]:
    """(by kind of input: source and index of each corner, triangles as places among the corners)."""
    columns: dict[int, tuple[str | None, int]] = {}
    stride = 1
    for i in primitive.all("input"):
        text = i.attributes.get("offset", "0").strip()
        if not text.isdigit() or int(text[:6]) > 63:
            raise SourceError("The file is damaged: an input has no column")
        stride = max(stride, int(text) + 1)
        kind = SEMANTICS.get(i.attributes.get("semantic", ""))
        if kind is not None and kind not in columns:  # the first set of uvs
            columns[kind] = (i.attributes.get("source"), int(text))
    if 0 not in columns:
        raise SourceError("The file is damaged: polygons have no vertices")
    lists = [number_list(p.text) for p in primitive.all("p")]
    if any(len(p) % stride for p in lists):
        raise SourceError("The file is damaged: polygons are cut off")
    flat = np.concatenate(lists) if lists else np.zeros(0)
    if (np.abs(flat) > 2**40).any() or not np.array_equal(flat, np.round(flat)):
        raise SourceError("The file is damaged: indices are no whole numbers")
    rows = flat.astype(np.int64).reshape(-1, stride)
    found = {kind: (source, rows[:, column]) for kind, (source, column) in columns.items()}
    for kind, source in extra.items():
        found.setdefault(kind, (source, found[0][1]))
    count = len(rows)
    if primitive.tag == "triangles":
        return found, np.arange(count // 3 * 3).reshape(-1, 3)
    lengths = np.array([len(p) // stride for p in lists], np.int64)
    if primitive.tag == "polylist":
        each = primitive.first("vcount")
        sizes = number_list(each.text).astype(np.int64) if each is not None else np.zeros(0, np.int64)
        if (sizes < 0).any() or int(sizes.sum()) != count:
            raise SourceError("The file is damaged: the sizes of polygons do not fit their corners")
    else:
        sizes = lengths
    starts = np.cumsum(sizes) - sizes
    faces, polygon = triangles(sizes, starts)
    if primitive.tag == "tristrips":
        step = np.arange(len(polygon)) - np.searchsorted(polygon, polygon)
        first = starts[polygon] + step
        odd = step % 2
        faces = np.stack([first, first + 1 + odd, first + 2 - odd], axis=1)
    return found, faces
