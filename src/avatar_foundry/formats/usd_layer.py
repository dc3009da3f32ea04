"""What is in a USD layer: prims with attributes and relationships, before anyone asks for bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Typed(NamedTuple):
    """A value with USD's name for its type: "point3f[]", "token", "asset" ... Arrays are NumPy's, (N, C) or (N,)."""

    type: str
    value: Any


class Attribute(NamedTuple):
    """An attribute of a prim.

    value: None where nothing is said.  uniform: does not change in time.  source: the path that it is connected to.
    times, samples: (T,) time codes and a value for each, instead of `value`.
    meta: further fields, by name.
    """

    name: str
    type: str
    value: Any = None
    uniform: bool = False
    source: str = ""
    times: Sequence[float] = ()
    samples: Sequence[Any] = ()
    meta: Mapping[str, Typed] = {}


class Relationship(NamedTuple):
    """What a prim points at: paths of prims."""

    name: str
    targets: Sequence[str]


@dataclass
class Prim:
    """A prim: its schema, what is said of it, and the prims below it.

    apis: the API schemas that are applied to it.  meta: further fields, by name.
    """

    kind: str
    name: str
    properties: list[Attribute | Relationship] = field(default_factory=list)
    children: list["Prim"] = field(default_factory=list)
    apis: list[str] = field(default_factory=list)
    meta: dict[str, Typed] = field(default_factory=dict)


@dataclass
class Layer:
    """The prims at the top, and what is said of the whole."""

    prims: list[Prim]
    meta: dict[str, Typed]


def primvar(kind: str, name: str, value: Any, how: str, size: int = 0) -> Attribute:
    """A primvar. how: its interpolation.  size: values per element, where there are several."""
    meta = {"interpolation": Typed("token", how)}
    if size:
        meta["elementSize"] = Typed("int", size)
    return Attribute(f"primvars:{name}", kind, value, meta=meta)


def identifier(name: str, taken: set[str]) -> str:
    """A prim name that is not in `taken` yet (and then is): ASCII letters, digits, `_`, no digit first."""
    stem = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name) or "_"
    stem = f"_{stem}" if stem[0].isdigit() else stem
    title, n = stem, 1
    while title in taken:
        n += 1
        title = f"{stem}_{n}"
    taken.add(title)
    return title


def named(original: str, given: str) -> dict[str, Typed]:
    """Metadata that keeps a name which a prim could not bear."""
    return {"displayName": Typed("string", original)} if original != given else {}
