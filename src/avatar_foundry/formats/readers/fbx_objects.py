"""The objects of an FBX file, what connects them, and their properties."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...errors import SourceError
from .fbx_tree import Record

MAX_OBJECTS, MAX_LINKS = 300_000, 1_000_000


@dataclass(eq=False, slots=True)
class Object:
    """kind: "Model", "Geometry", "Deformer"..; sort: "Mesh", "LimbNode", "Skin".."""

    id: int
    kind: str
    name: str
    sort: str
    record: Record
    props: dict[str, tuple[Any, ...]]

    def number(self, name: str, default: float) -> float:
        """A property's number."""
        value = self.props.get(name)
        if value and isinstance(value[0], int | float) and math.isfinite(value[0]):
            return float(value[0])
        return default

    def vector(self, name: str, default: tuple[float, float, float]) -> tuple[float, float, float]:
        """A property's three numbers."""
        value = self.props.get(name, ())
        if len(value) >= 3 and all(isinstance(v, int | float) for v in value[:3]):
            return float(value[0]), float(value[1]), float(value[2])
        return default


class Graph:
    """Objects by id, and the connections between them: (other object, property) in the file's order."""

    def __init__(self, root: Record) -> None:
        self.objects: dict[int, Object] = {}
        self._below: dict[int, list[tuple[int, str]]] = {}
        self._above: dict[int, list[tuple[int, str]]] = {}
        for holder in root.all("Objects"):
            for record in holder.children:
                if (found := as_object(record)) is not None:
                    self.objects[found.id] = found
                if len(self.objects) > MAX_OBJECTS:
                    raise SourceError("The file has too many objects")
        links = 0
        for holder in root.all("Connections"):
            for record in holder.all("C"):
                v = record.values
                if len(v) < 3 or not isinstance(v[1], int) or not isinstance(v[2], int):
                    continue
                links += 1
                if links > MAX_LINKS:
                    raise SourceError("The file has too many connections")
                target = str(v[3]) if len(v) > 3 else ""
                self._below.setdefault(v[2], []).append((v[1], target))
                self._above.setdefault(v[1], []).append((v[2], target))

    def below(self, id: int, kind: str) -> Iterator[tuple[Object, str]]:
        """Objects of a kind connected to `id`."""
        for other, target in self._below.get(id, ()):
            if (found := self.objects.get(other)) is not None and found.kind == kind:
                yield found, target

    def above(self, id: int, kind: str) -> Iterator[tuple[Object, str]]:
        """Objects of a kind that `id` is connected to."""
        for other, target in self._above.get(id, ()):
            if (found := self.objects.get(other)) is not None and found.kind == kind:
                yield found, target

    def kind(self, kind: str) -> Iterator[Object]:
        """All objects of a kind, in the file's order."""
        return (o for o in self.objects.values() if o.kind == kind)


def as_object(record: Record) -> Object | None:
    """A record of the Objects list as an object; None for what is none."""
    v = record.values
    if len(v) < 2 or not isinstance(v[0], int) or not isinstance(v[1], str):
        return None
    name = v[1].split("\x00")[0].split("::")[-1][:200]
    return Object(v[0], record.name, name, str(v[2]) if len(v) > 2 else "", record, properties(record))


def properties(record: Record | None) -> dict[str, tuple[Any, ...]]:
    """The Properties70 of a record: name -> values."""
    held = record.first("Properties70") if record is not None else None
    if held is None:
        return {}
    return {str(p.values[0]): tuple(p.values[4:]) for p in held.all("P") if len(p.values) >= 4}
