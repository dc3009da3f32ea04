"""The clips as data: what clips.toml says about each."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class ClipInfo:
    """What a clip is before it is solved.

    seconds: on an adult of 1.75 m; gaits and jumps are quicker on short legs.  moves: has a way over the floor (travel
    or turn).  face: moves shapes of the face.
    """

    name: str
    title: str
    loop: bool
    seconds: float
    tags: tuple[str, ...]
    moves: bool
    face: bool


@lru_cache(maxsize=1)
def sources() -> Mapping[str, Mapping[str, Any]]:
    """The clips' entries in clips.toml by name."""
    return MappingProxyType(tomllib.loads(files(__package__).joinpath("clips.toml").read_text("utf-8")))


def _info(name: str, entry: Mapping[str, Any]) -> ClipInfo:
    root = entry.get("root", {})
    return ClipInfo(
        name,
        entry["title"],
        bool(entry.get("loop", False)),
        float(entry["seconds"]),
        tuple(entry.get("tags", ())),
        "gait" in entry or any(channel in root for channel in ("x", "z", "turn")),
        any(key in entry for key in ("shapes", "blinks", "speech")),
    )


#: Every clip by name, sorted.
CLIPS: Mapping[str, ClipInfo] = MappingProxyType({n: _info(n, e) for n, e in sorted(sources().items())})
