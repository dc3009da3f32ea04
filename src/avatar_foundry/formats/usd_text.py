"""USDA, the text form of a USD layer: prims, attributes, arrays. Same values, same text."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .decimals import rows, whole


def prim(kind: str, name: str, *body: str, apis: Sequence[str] = (), meta: Iterable[str] = ()) -> str:
    """A prim of type `kind` with its attributes and children. apis: the schemas that are applied to it."""
    told = list(meta)
    if apis:
        told.insert(0, f"prepend apiSchemas = [{', '.join(map(quoted, apis))}]")
    head = f'def {kind} "{name}"'
    if told:
        head += " (\n" + "".join(f"{line}\n" for line in told) + ")"
    return f"{head}\n{{\n" + "".join(f"{line}\n" for line in body) + "}"


def quoted(text: str) -> str:
    """A string literal."""
    out = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "")
    return f'"{out}"'


def tokens(values: Iterable[str]) -> str:
    """An array of strings or tokens."""
    return f"[{', '.join(map(quoted, values))}]"


def numbers(values: NDArray[Any], places: int) -> str:
    """A flat array of numbers (N,)."""
    return f"[{rows(whole(values.reshape(-1, 1), places), places, ('',), ',').removesuffix(',')}]"


def tuples(values: NDArray[Any], places: int) -> str:
    """An array of tuples from the rows of (N, C)."""
    return f"[{tuple_rows(values, places, ',').removesuffix(',')}]"


def tuple_rows(values: NDArray[Any], places: int, end: str) -> str:
    """The rows of (N, C) as tuples, each followed by `end`."""
    before = ("(", *("," for _ in range(values.shape[1] - 1)))
    return rows(whole(values, places), places, before, f"){end}")


def matrix(m: NDArray[np.float64]) -> str:
    """A matrix of ours, which acts on columns, as USD has it: acting on rows, translation last."""
    lines = (", ".join(plain(v) for v in row) for row in m.T.tolist())
    return "(" + ", ".join(f"({line})" for line in lines) + ")"


def plain(value: float) -> str:
    """A number with nine digits, as JSON takes it."""
    return f"{value:.9g}" if abs(value) >= 1e-9 else "0"


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


def named(original: str, given: str) -> tuple[str, ...]:
    """Metadata that keeps a name which a prim could not bear."""
    return (f"displayName = {quoted(original)}",) if original != given else ()
