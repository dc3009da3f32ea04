"""Shapes that a file brings under names of its own."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files

from ..face.names import ARKIT, SHAPES

_PREFIX = re.compile(r"^.*[.:|]")
_NOISE = re.compile(r"[\s._\-]+")


def _plain(name: str) -> str:
    return _NOISE.sub("", name).lower()


@lru_cache(maxsize=1)
def _table() -> Mapping[str, str]:
    table: dict[str, str] = {}
    for section in tomllib.loads(files(__package__).joinpath("aliases.toml").read_text("utf-8")).values():
        for shape, names in section.items():
            assert shape in SHAPES, f"aliases.toml: there is no shape {shape}"
            for name in names:
                table[_plain(name)] = shape
    for shape in SHAPES:
        table[_plain(shape)] = shape
    for shape in ARKIT:  # mouthSmile_L, mouth_smile_left, Left_MouthSmile
        for side, letter in (("Left", "l"), ("Right", "r")):
            if shape.endswith(side):
                stem = shape.removesuffix(side).lower()
                for short in (letter, side.lower()):
                    table.setdefault(stem + short, shape)
                    table.setdefault(short + stem, shape)
    return table


def known_shapes(names: Iterable[str]) -> dict[str, str]:
    """Our shape -> the file's name for it; the first of several wins, and our own spelling before others."""
    out: dict[str, str] = {}
    for name in sorted(names, key=lambda n: n not in SHAPES):
        for candidate in (name, _PREFIX.sub("", name)):
            shape = _table().get(_plain(candidate))
            if shape is not None:
                out.setdefault(shape, name)
                break
    return out
