"""Presets: one data file each, a partial recipe under a name."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple


class Preset(NamedTuple):
    """id: the file's name. about: one line for people. recipe: a partial recipe, plain data."""

    id: str
    title: str
    about: str
    tags: tuple[str, ...]
    recipe: Mapping[str, Any]


@cache
def load_presets() -> dict[str, Preset]:
    """All presets by id, in alphabetical order."""
    presets = {}
    for entry in sorted(files(__name__).iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".toml"):
            data = tomllib.loads(entry.read_text(encoding="utf-8"))
            name = entry.name.removesuffix(".toml")
            presets[name] = Preset(name, data["title"], data["about"], tuple(data["tags"]), data["recipe"])
    return presets
