"""MTL: the materials of OBJ files, as metallic-roughness."""

import io
import math
import re

from PIL import Image

from ...avatar import Material, Texture
from ...errors import SourceError
from .bundle import Bundle
from .images import picture
from .upload import Log

# what may stand before the file name of a map
OPTIONS = {"-blendu": 1, "-blendv": 1, "-boost": 1, "-mm": 2, "-texres": 1, "-clamp": 1, "-bm": 1, "-imfchan": 1,
           "-type": 1, "-cc": 1, "-o": 3, "-s": 3, "-t": 3}  # fmt: skip
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$")
MAX_LINES, MAX_SIZE = 200_000, 8 << 20


class Library:
    """The materials of all MTL files of a model."""

    def __init__(self, bundle: Bundle, log: Log) -> None:
        self._bundle, self._log = bundle, log
        self._entries: dict[str, dict[str, str]] = {}
        self._pictures: dict[str, Texture | None] = {}

    def read(self, name: str) -> None:
        """Take in one file, when it is in the upload."""
        if (found := self._bundle.find(name)) is None:
            self._log.note(f"The material file {name[:80]} is not in the upload.")
            return
        if found[1].count(b"\n") + found[1].count(b"\r") > MAX_LINES or len(found[1]) > MAX_SIZE:
            raise SourceError(f"The material file {name[:80]} is too long")
        lines = found[1].decode("utf-8", "replace").splitlines()
        entry: dict[str, str] = {}
        for line in lines:
            word, _, rest = line.strip().partition(" ")
            if word == "newmtl":
                entry = self._entries.setdefault(rest.strip()[:200], {})
            elif word and not word.startswith("#"):
                entry[word.lower()] = rest.strip()

    def material(self, name: str) -> Material:
        """The material called `name`; a grey one when no file has it."""
        e = self._entries.get(name)
        if e is None:
            return Material(name or "material", color=(0.8, 0.8, 0.8, 1.0))
        base = self._map(e, "map_kd")
        color = numbers(e.get("kd", ""), 3) or [0.8, 0.8, 0.8]
        if base is not None:
            color = [1.0, 1.0, 1.0] if max(color) <= 0.0 else color
        alpha = (numbers(e.get("d", ""), 1) or [1.0 - t for t in numbers(e.get("tr", ""), 1)] or [1.0])[0]
        bump = self._map(e, "norm") or self._map(e, "map_bump") or self._map(e, "bump") or self._map(e, "map_kn")
        if bump is not None and not tangent_space(bump):
            self._log.note(f"The bump map {bump.name} is not a normal map and was left out.")
            bump = None
        rough = numbers(e.get("pr", ""), 1) or [1.0 - math.sqrt(min(n, 1000.0) / 1000.0) for n in
                                                numbers(e.get("ns", ""), 1) if n >= 0] or [0.8]  # fmt: skip
        shiny = numbers(e.get("pm", ""), 1) or [0.0]
        mode = "BLEND" if alpha < 0.999 else "MASK" if "map_d" in e and has_alpha(base) else "OPAQUE"
        for key in ("map_d", "map_ks", "map_pr", "map_pm", "map_ns"):
            if key in e and not (key == "map_d" and mode == "MASK"):
                self._log.note(f"{key} of the material {name} is not read.")
        return Material(
            name=name or "material",
            color=(unit(color[0]), unit(color[1]), unit(color[2]), unit(alpha)),
            metallic=unit(shiny[0]),
            roughness=unit(rough[0]),
            base=base,
            normal=bump,
            alpha_mode=mode,
        )

    def _map(self, entry: dict[str, str], key: str) -> Texture | None:
        if not (text := entry.get(key)):
            return None
        words = text.split()
        while words and words[0].lower() in OPTIONS:
            count = OPTIONS[words[0].lower()]
            used = 1
            while used < len(words) and used <= count and (count == 1 or NUMBER.match(words[used])):
                used += 1
            words = words[used:]
        name = " ".join(words)
        if name not in self._pictures:
            found = self._bundle.find(name)
            if found is None and name:
                self._log.note(f"The texture {name} is not in the upload.")
                self._log.counts["textures_missing"] += 1
            self._pictures[name] = picture(found[0].rsplit("/", 1)[-1], found[1], self._log) if found else None
        return self._pictures[name]


def numbers(text: str, count: int) -> list[float]:
    """The first `count` numbers of a text; none when it has fewer (one number stands for all of a colour)."""
    found = [float(w) for w in text.split()[:count] if NUMBER.match(w)]
    if count == 3 and len(found) == 1:
        found *= 3
    return [f for f in found if math.isfinite(f)] if len(found) == count else []


def unit(value: float) -> float:
    """`value` within 0..1."""
    return min(max(value, 0.0), 1.0)


def has_alpha(texture: Texture | None) -> bool:
    """Whether a picture has an alpha channel."""
    if texture is None:
        return False
    with Image.open(io.BytesIO(texture.data)) as image:
        return image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info


def tangent_space(texture: Texture) -> bool:
    """Whether a bump map is a normal map: bluish on the whole."""
    try:
        with Image.open(io.BytesIO(texture.data)) as image:
            image.draft("RGB", (64, 64))
            r, g, b = image.convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))  # type: ignore[misc]
    except (OSError, ValueError, SyntaxError):
        return False
    return bool(b > 150 and b > r + 30 and b > g + 30)
