"""What both modes share: lists, files, pictures. Who makes avatars is `local` or `remote`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
from rapidfuzz import fuzz

from ..body import PARAMETERS
from ..cli.show import express, posed
from ..errors import RecipeError, SourceError
from ..explain import nearest
from ..formats import inspect_glb, read_glb
from ..platforms import PLATFORMS
from ..presets import load_presets
from ..render import VIEWS, encode_png, render_sheet
from ..rig import POSES
from .confine import Root
from .server import Tell
from .tools import Listing, Parameters, Render, Subject

# Fields of an answer that an assistant needs; the rest is in the file, in `recipe`, or in the service.
SHORT = (
    "avatar_id",
    "review_session_id",
    "preset",
    "platform",
    "vertex_count",
    "face_count",
    "bone_count",
    "glb_size",
    "interpretation",
    "source",
    "rig",
    "fixes_applied",
    "fitted",
    "errors",
    "preview_url",
    "recipe",
)


class Base:
    """Answers the tools that need no maker."""

    def __init__(self, root: Root) -> None:
        self.root = root

    async def call(self, name: str, asked: Any, tell: Tell) -> dict[str, Any] | tuple[bytes, dict[str, Any]]:
        """Run the tool called `name`."""
        method: Callable[[Any, Tell], Any] = getattr(self, name)
        answer: dict[str, Any] | tuple[bytes, dict[str, Any]] = await method(asked, tell)
        return answer

    async def list_presets(self, asked: Listing, tell: Tell) -> dict[str, Any]:
        """Presets, in short; or one with its recipe."""
        found = [p._asdict() for p in load_presets().values()]
        return {"presets": _picked(found, asked.id, ("id", "title", "about", "tags"))}

    async def list_platforms(self, asked: Listing, tell: Tell) -> dict[str, Any]:
        """Platforms, in short; or one with everything."""
        found = [p.describe() for p in PLATFORMS.values()]
        return {"platforms": _picked(found, asked.id, ("id", "title", "formats", "budgets"))}

    async def list_parameters(self, asked: Parameters, tell: Tell) -> dict[str, Any]:
        """Parameters of body and face that have the words."""
        words = asked.search.lower().split()
        found = [
            {"name": key, "minimum": p.minimum, "maximum": p.maximum, "unit": p.unit, "about": p.doc}
            for key, p in PARAMETERS.items()
            if all(fuzz.partial_ratio(w, f"{key} {p.doc}".lower()) > 85 for w in words)
        ]
        return {"parameters": found}

    async def inspect(self, asked: Subject, tell: Tell) -> dict[str, Any]:
        """What a GLB holds."""
        data = await self._subject(asked)
        return await anyio.to_thread.run_sync(lambda: dict(inspect_glb(data)))

    async def render(self, asked: Render, tell: Tell) -> tuple[bytes, dict[str, Any]]:
        """A picture of it."""
        data = await self._subject(asked)
        return await anyio.to_thread.run_sync(draw, data, asked)

    async def _subject(self, asked: Subject) -> bytes:
        if (asked.file is None) == (asked.avatar_id is None):
            raise RecipeError("/file: give either a file or an avatar_id", pointer="/file")
        if asked.avatar_id is not None:
            return await self.glb_of(asked.avatar_id)
        path = self.root.file(asked.file or "")
        return await anyio.to_thread.run_sync(_read, path)

    async def glb_of(self, avatar_id: str) -> bytes:
        """The main GLB of an avatar."""
        raise NotImplementedError

    def shortened(self, answer: Mapping[str, Any], saved: list[str]) -> dict[str, Any]:
        """The answer for an assistant: what matters, findings above hints, where the files are."""
        short = {k: answer[k] for k in SHORT if answer.get(k) not in (None, [])}
        validation = answer.get("validation") or {}
        serious = [f for f in validation.get("findings", ()) if f.get("severity") in ("error", "warning")]
        counts = {k: validation[k] for k in ("error", "warning", "info", "hint") if k in validation}
        shapes = len(answer.get("morph_names") or ())
        return {**short, "shape_count": shapes, "validation": {**counts, "findings": serious}, "files": saved}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"/file: {error.strerror}", pointer="/file") from None


def _picked(found: list[dict[str, Any]], id: str | None, short: tuple[str, ...]) -> list[dict[str, Any]]:
    if id is None:
        return [{k: row[k] for k in short if k in row} for row in found]
    names = tuple(row["id"] for row in found)
    if id not in names:
        close = nearest(id, names)
        raise RecipeError(f"/id: unknown '{id}'" + (f"; is '{close[0]}' meant?" if close else ""), pointer="/id")
    return [row for row in found if row["id"] == id]


def draw(data: bytes, asked: Render) -> tuple[bytes, dict[str, Any]]:
    """A contact sheet of a GLB. Raises RecipeError, SourceError."""
    for view in asked.views:
        if view not in VIEWS:
            raise RecipeError(f"/views: unknown view '{view}'; there are {', '.join(VIEWS)}", pointer="/views")
    if asked.pose is not None and asked.pose not in POSES:
        raise RecipeError(f"/pose: unknown pose '{asked.pose}'; there are {', '.join(POSES)}", pointer="/pose")
    avatar = read_glb(data)
    if asked.morphs:
        avatar = express(avatar, dict(asked.morphs))
    if asked.pose is not None:
        avatar = posed(avatar, asked.pose)
    pixels = render_sheet(avatar, list(asked.views), asked.size)
    words = {"width": pixels.shape[1], "height": pixels.shape[0], "views": list(asked.views)}
    return encode_png(pixels), words
